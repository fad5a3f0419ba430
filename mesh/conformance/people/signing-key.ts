import pg from 'pg';
import { openSigningKey, type SigningKey, type StoredKey } from '../../../services/auth/signing-keys/signing-key.ts';
import type { Mesh } from '../../local/mesh.ts';
import { Secrets } from '../../local/secrets.ts';

/** The key that KREKI ID signs with, out of its database: with it a token can be made that is wrong in one thing alone. */
export async function readSigningKey({ databaseUrls, dataFolder }: Mesh): Promise<SigningKey> {
  const database = new pg.Client({ connectionString: databaseUrls.auth });
  await database.connect();
  const { rows } = await database
    .query<StoredKey>(
      `SELECT kid, private_key_sealed AS "privateKeySealed", create_time AS "createTime", active_time AS "activeTime"
       FROM signing_keys WHERE active_time <= now() ORDER BY active_time DESC LIMIT 1`,
    )
    .finally(() => database.end());
  const [stored] = rows;
  if (!stored) throw new Error('KREKI ID has no signing key');
  const secret = Buffer.from(new Secrets(dataFolder).key('signingKeys'), 'base64');
  return openSigningKey(secret, stored);
}
