import { readFileSync } from 'node:fs';
import type pg from 'pg';
import type { Load, Person } from '../generator/order.ts';

const HTTP = { ok: 200, badRequest: 400, unauthorized: 401 } as const;

/** A press that is as it should be, and one from a place that is none. */
export interface Presses {
  readonly good: Load;
  readonly bad: Load;
}

/**
 * Whoever is compared does the same: refuses who is not signed in, a token that somebody has changed and a place that is none, and takes the
 * second press of somebody for the first one.
 * @throws Error that says which duty a subject neglects
 */
export async function checkDuties(name: string, { good, bad }: Presses, database: pg.Pool): Promise<void> {
  const [first]: Person[] = JSON.parse(readFileSync(good.people ?? '', 'utf8'));
  if (!first) throw new Error('nobody presses');
  const expect = async (load: Load, token: string, status: number, what: string) => {
    const answer = await post(load, token, first.address);
    if (answer !== status) throw new Error(`${name} answers ${answer} to ${what}: ${status} is right`);
  };
  const [header, payload = '', signature] = first.token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const changed = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url');
  await expect(good, '', HTTP.unauthorized, 'nobody');
  await expect(good, [header, changed, signature].join('.'), HTTP.unauthorized, 'a token that was changed');
  await expect(bad, first.token, HTTP.badRequest, 'a latitude of 91 degrees');
  await expect(good, first.token, HTTP.ok, 'a press');
  await expect(good, first.token, HTTP.ok, 'the same press again');
  const { rows } = await database.query('SELECT count(*)::int AS open FROM emergencies WHERE status <= 3');
  if (rows[0]?.open !== 1) throw new Error(`${name} made ${rows[0]?.open} emergencies of one press and its repeat`);
}

async function post({ url, path, headers, bodies }: Load, token: string, address: string): Promise<number> {
  const { status } = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...headers, 'x-forwarded-for': address, ...(token && { authorization: `Bearer ${token}` }) },
    body: Buffer.from(bodies[0] ?? '', 'base64'),
  });
  return status;
}
