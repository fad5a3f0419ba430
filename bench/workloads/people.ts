import { randomUUID, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { readSigningKey } from '../../mesh/conformance/people/signing-key.ts';
import type { Person } from '../generator/order.ts';
import { addressOf, device } from '../load/edge.ts';
import type { OwnMesh } from '../own-mesh.ts';

const LIFE_SECONDS = 86_400;

/**
 * Writes a file of people signed in with KREKI ID's own key, each with the claims of the seeded citizen but for who it is: registering as many
 * would take hours, since a password is hashed slowly on purpose.
 * @returns its path
 */
export async function signedInPeople({ mesh, accounts, folder }: OwnMesh, count: number): Promise<string> {
  const account = accounts.find(({ role }) => role === 'public');
  if (!account) throw new Error('the mesh has no seeded citizen');
  const { accessToken } = await device(mesh.edgeUrl, AuthService).login(account);
  const [, payload = ''] = accessToken.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const { kid, privateKey } = await readSigningKey(mesh);
  const header = encode({ alg: 'EdDSA', kid });
  const people = Array.from({ length: count }, (_, index): Person => {
    const own = { ...claims, sub: randomUUID(), sid: randomUUID(), exp: claims.iat + LIFE_SECONDS };
    const signing = `${header}.${encode(own)}`;
    const signature = sign(null, Buffer.from(signing), privateKey).toString('base64url');
    return { token: `${signing}.${signature}`, address: addressOf(index) };
  });
  const file = join(folder, 'bench-people.json');
  writeFileSync(file, JSON.stringify(people), { mode: 0o600 });
  return file;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
