import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * What the edge answers to bad input, over REST against a mesh that `npm start` runs: one line each, and exit code 1 when an answer is not
 * the one expected.
 */
const EDGE = process.env.EDGE_URL ?? 'http://127.0.0.1:8080';

interface Answer {
  readonly status: number;
  readonly said: string;
}

async function call(
  method: string,
  path: string,
  token: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const authorization = token ? { authorization: `Bearer ${token}` } : undefined;
  const answer = await fetch(`${EDGE}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...authorization, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, said: sentence(await answer.text()) };
}

/** Code, reason and message of an error's JSON. */
function sentence(text: string): string {
  try {
    const { code = '', message = '', details = [] } = JSON.parse(text);
    const reason = details.map(({ debug }: { debug?: { reason?: string } }) => debug?.reason ?? '').join('');
    return [code, reason, message].filter(Boolean).join(' · ');
  } catch {
    return text.slice(0, 80);
  }
}

const accounts: { role: string; email: string; password: string }[] = JSON.parse(
  readFileSync('.kreki/accounts.json', 'utf8'),
);
async function signIn(role: string, address = '10.99.0.1'): Promise<string> {
  const account = accounts.find((each) => each.role === role);
  const answer = await fetch(`${EDGE}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify({ email: account?.email, password: account?.password }),
  });
  const { accessToken }: { accessToken: string } = JSON.parse(await answer.text());
  return accessToken;
}

async function pressAt(location: object): Promise<string> {
  const answer = await fetch(`${EDGE}/api/emergency/panic`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${citizen}` },
    body: JSON.stringify({ location, requestId: randomUUID() }),
  });
  const { emergency }: { emergency: { id: string } } = JSON.parse(await answer.text());
  return emergency.id;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const [citizen, volunteer] = [await signIn('public'), await signIn('volunteer')];
const [header = '', payload = ''] = citizen.split('.');
const claims: { iat_ms: number } = JSON.parse(Buffer.from(payload, 'base64url').toString());
const forged = `${header}.${encode({ ...claims, role: 'admin' })}.${createHmac('sha256', 'x').update(header).digest('base64url')}`;
const unsigned = `${encode({ alg: 'none' })}.${payload}.`;
const revoked = await signIn('public');
await call('POST', '/api/auth/logout', revoked, '{}');

const panic = '/api/emergency/panic';
const monas = { latitude: -6.175392, longitude: 106.827153 };
const press = (fields: object) => JSON.stringify({ location: monas, ...fields });
/** Far from every seeded volunteer, so that none is asked and has a right to see it. */
const merauke = { latitude: -8.4991, longitude: 140.4049 };
const foreign = `/api/emergency/${await pressAt(merauke)}`;
const email = accounts.find(({ role }) => role === 'public')?.email;
const duplicate = JSON.stringify({ email, password: 'Another-1-password', fullName: 'Somebody Else' });
const wrong = JSON.stringify({ email: 'admin@kreki.example', password: 'wrong' });
const away = { 'x-forwarded-for': `10.98.${Date.now() % 250}.${process.pid % 250}` };

const cases: [what: string, expected: number, () => Promise<Answer>][] = [
  ['latitude 91', 400, () => call('POST', panic, citizen, press({ location: { ...monas, latitude: 91 } }))],
  ['no location', 400, () => call('POST', panic, citizen, '{}')],
  ['severity out of range', 400, () => call('POST', panic, citizen, press({ severity: 9 }))],
  ['description of 10 kB', 400, () => call('POST', panic, citizen, press({ description: 'x'.repeat(10_000) }))],
  ['body of 10 MB', 413, () => call('POST', panic, citizen, press({ description: 'x'.repeat(10_000_000) }))],
  ['bad JSON', 400, () => call('POST', panic, citizen, '{"location": {')],
  ['unknown field', 400, () => call('POST', panic, citizen, press({ hurry: true }))],
  ['no token', 401, () => call('POST', panic, '', press({}))],
  ['forged token', 401, () => call('POST', panic, forged, press({}))],
  ['alg:none token', 401, () => call('POST', panic, unsigned, press({}))],
  ['revoked token', 401, () => call('POST', panic, revoked, press({}))],
  ['a volunteer reads another’s emergency', 403, () => call('GET', foreign, volunteer)],
  ['a volunteer reads one that does not exist', 403, () => call('GET', `/api/emergency/${randomUUID()}`, volunteer)],
  [
    'a citizen searches volunteers',
    403,
    () => call('GET', '/api/volunteers/nearby?location.latitude=-6&location.longitude=106&radiusMeters=500', citizen),
  ],
  ['REST id that is no UUID', 400, () => call('GET', '/api/emergency/12', citizen)],
  ['path that does not exist', 404, () => call('GET', '/api/nothing', citizen)],
  ['method that does not exist', 405, () => call('DELETE', panic, citizen)],
  ['duplicate e-mail', 409, () => call('POST', '/api/auth/register', '', duplicate)],
  ...Array.from({ length: 6 }, (_, index): [string, number, () => Promise<Answer>] => [
    `wrong password, attempt ${index + 1}`,
    index < 5 ? 401 : 429,
    () => call('POST', '/api/auth/login', '', wrong, away),
  ]),
];

let failed = 0;
for (const [what, expected, run] of cases) {
  const { status, said } = await run();
  if (status !== expected) failed += 1;
  console.log(
    `${status === expected ? '✓' : `✗ (expected ${expected})`} ${what.padEnd(40)} ${status}  ${said.slice(0, 150)}`,
  );
}
await call('PUT', `${foreign}/cancel`, citizen, JSON.stringify({ reason: 'CANCEL_REASON_FALSE_ALARM' }));
process.exit(failed === 0 ? 0 : 1);
