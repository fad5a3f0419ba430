import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import type { Person } from '../generator/order.ts';
import { addressOf, device } from './edge.ts';

const PARALLEL = 4;
const TOKEN_LIFE_MS = 20 * 3_600_000;

/** Registers people over the edge, or takes those of an earlier run whose tokens are still good. */
export async function citizens(edgeUrl: string, count: number, file: string): Promise<Person[]> {
  const known = await stillKnown(edgeUrl, readKnown(file, edgeUrl));
  const stamp = Date.now();
  let next = known.length;
  const register = async () => {
    while (next < count) {
      const index = next++;
      const address = addressOf(index);
      const { accessToken } = await device(edgeUrl, AuthService, { address }).register({
        email: `load-${stamp}-${index}@kreki.example`,
        password: 'Load-generator-1',
        fullName: `Load ${index}`,
      });
      known.push({ token: accessToken, address });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, register));
  writeFileSync(file, JSON.stringify({ edgeUrl, stamp, citizens: known }), { mode: 0o600 });
  return known.slice(0, count);
}

/** A mesh that began anew knows none of them. */
async function stillKnown(edgeUrl: string, saved: Person[]): Promise<Person[]> {
  const [first] = saved;
  if (!first) return [];
  return device(edgeUrl, AuthService, first)
    .getMe({})
    .then(
      () => saved,
      () => [],
    );
}

function readKnown(file: string, edgeUrl: string): Person[] {
  if (!existsSync(file)) return [];
  const saved: { edgeUrl: string; stamp: number; citizens: Person[] } = JSON.parse(readFileSync(file, 'utf8'));
  return saved.edgeUrl === edgeUrl && Date.now() - saved.stamp < TOKEN_LIFE_MS ? saved.citizens : [];
}
