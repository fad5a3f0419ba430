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
 * Signs people in with KREKI ID's own key, each with the claims of the seeded account of a role but for who it is: registering as many would take
 * hours, since a password is hashed slowly on purpose.
 */
export async function signIn(
  { mesh, accounts }: OwnMesh,
  role: string,
  userIds: readonly string[],
  firstAddress = 0,
): Promise<Person[]> {
  const account = accounts.find((each) => each.role === role);
  if (!account) throw new Error(`the mesh has no seeded ${role}`);
  const { accessToken } = await device(mesh.edgeUrl, AuthService).login(account);
  const [, payload = ''] = accessToken.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const { kid, privateKey } = await readSigningKey(mesh);
  const header = encode({ alg: 'ES256', kid });
  return userIds.map((sub, index): Person => {
    const own = { ...claims, sub, sid: randomUUID(), exp: claims.iat + LIFE_SECONDS };
    const signing = `${header}.${encode(own)}`;
    const signature = sign('sha256', Buffer.from(signing), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    );
    return { token: `${signing}.${signature}`, address: addressOf(firstAddress + index) };
  });
}

/**
 * Citizens whom nobody knows but by their tokens.
 * @returns the path of a file with them
 */
export async function citizensFile(own: OwnMesh, count: number): Promise<string> {
  const people = await signIn(
    own,
    'public',
    Array.from({ length: count }, () => randomUUID()),
  );
  const file = join(own.folder, 'bench-people.json');
  writeFileSync(file, JSON.stringify(people), { mode: 0o600 });
  return file;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
