import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPEN } from '@kreki/runtime/testing/link/condition';
import pg from 'pg';
import { dataFolder } from '../../local/folders.ts';
import { makeRunFolder, removeRunFolder } from '../../local/run-folder.ts';
import { withDatabase } from '../../local/servers/databases.ts';
import { Steps } from '../../local/steps.ts';
import { type ChaosEnvironment, startEnvironment } from '../environment/environment.ts';
import { type Account, CENTRE } from '../environment/roster.ts';
import { nameOf, type Way } from '../network/network.ts';

/** What breaks below a mesh ends in a state that callers understand, and is over when the cause is. */
const timeout = 600_000;

let folder: string;
let mesh: ChaosEnvironment;
let token: string;
const ends: (() => unknown)[] = [];

before(
  async () => {
    folder = await makeRunFolder(join(dataFolder, 'faults'));
    mesh = await startEnvironment({ folder, seed: 119, volunteers: 12, steps: new Steps() });
    token = await signIn(mesh.people.dispatcher);
  },
  { timeout },
);
after(async () => {
  for (const end of ends.reverse()) await end();
  await mesh?.stop();
  removeRunFolder(folder);
});

/** The parts of answers that are looked at here. */
interface Answer {
  readonly accessToken?: string;
  readonly emergency?: { readonly id: string };
  readonly upstreams?: Readonly<Record<string, { readonly breaker: string }>>;
  readonly details?: readonly { readonly debug?: { readonly reason?: string } }[];
}

interface Options {
  readonly json?: object;
  readonly signal?: AbortSignal;
  /** Whose; the dispatcher's unless said otherwise. */
  readonly as?: string;
}

async function call(method: string, path: string, { json, signal, as = token }: Options = {}) {
  const answer = await fetch(mesh.up.mesh.edgeUrl + path, {
    method,
    headers: {
      ...(as && { authorization: `Bearer ${as}` }),
      ...(json && { 'content-type': 'application/json' }),
    },
    ...(json && { body: JSON.stringify(json) }),
    ...(signal && { signal }),
  });
  const body = (await answer.json()) as Answer;
  const retryAfter = Number(answer.headers.get('retry-after') ?? 0);
  return {
    status: answer.status,
    reason: body.details?.[0]?.debug?.reason,
    retryAfter,
    json: body,
  };
}

const query = new URLSearchParams({
  'location.latitude': String(CENTRE.latitude),
  'location.longitude': String(CENTRE.longitude),
});
const search = (options?: Options) => call('GET', `/api/emergency/nearby?${query}`, options);
const press = (as?: string) => call('POST', '/api/emergency/panic', { json: { location: CENTRE }, ...(as && { as }) });
const readyz = () => call('GET', '/readyz');

async function signIn({ email, password }: Account): Promise<string> {
  const { status, json } = await call('POST', '/api/auth/login', { json: { email, password } });
  assert.equal(status, 200);
  return json.accessToken ?? '';
}

async function database(service: 'volunteer' | 'emergency'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: withDatabase(mesh.up.urls.postgres, `kreki_${service}`) });
  await client.connect();
  ends.push(() => client.end());
  return client;
}

async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 60_000): Promise<void> {
  for (const endMs = performance.now() + withinMs; performance.now() < endMs; ) {
    if (await holds()) return;
    await sleep(50);
  }
  assert.fail(`in vain: ${what}`);
}

test('who leaves, and whose deadline ends, stops the search four hops away, and nothing stays behind', {
  timeout,
}, async () => {
  const [holder, watcher] = [await database('volunteer'), await database('volunteer')];
  const searching = async () => {
    const { rows } = await watcher.query(
      `SELECT count(*)::integer AS count FROM pg_locks WHERE NOT granted AND relation = 'positions'::regclass`,
    );
    return rows[0].count as number;
  };
  await holder.query('BEGIN; LOCK TABLE positions IN ACCESS EXCLUSIVE MODE');
  try {
    const leaving = new AbortController();
    const left = Array.from({ length: 4 }, () => search({ signal: leaving.signal }).catch(() => 'left'));
    await until('the searches at work', async () => (await searching()) === 4);
    leaving.abort();
    assert.deepEqual([...new Set(await Promise.all(left))], ['left']);
    await until('the searches ended', async () => (await searching()) === 0);

    const late = await search();
    assert.equal(late.status, 504);
    assert.equal(late.reason, 'DEADLINE_EXCEEDED');
    await until('the search ended', async () => (await searching()) === 0);
  } finally {
    await holder.query('ROLLBACK');
  }
  const found = await Promise.all(Array.from({ length: 30 }, () => search()));
  assert.deepEqual([...new Set(found.map(({ status }) => status))], [200]);
});

test('a table that nobody can read holds up what reads it, and presses go on', { timeout }, async () => {
  const holder = await database('emergency');
  const people = await Promise.all(mesh.people.volunteers.map(signIn));
  const { json } = await press();
  const decisions = () => call('GET', `/api/emergency/${json.emergency?.id}/decisions`);
  assert.equal((await decisions()).status, 200);
  await holder.query('BEGIN; LOCK TABLE dispatch_decisions IN ACCESS EXCLUSIVE MODE');
  try {
    const asked = Array.from({ length: 40 }, decisions);
    const refused = (await Promise.all(asked)).filter(({ status }) => status === 429);
    assert.ok(refused.length >= 40 - 3 - 20 && refused.every(({ reason }) => reason === 'OVERLOADED'));
    assert.ok(refused.every(({ retryAfter }) => retryAfter >= 1));
    // Every dispatch step stands still now, and holds its emergency.
    for (const _ of ['first', 'again']) {
      const pressed = await Promise.all(people.map((person) => press(person)));
      assert.deepEqual([...new Set(pressed.map(({ status }) => status))], [200]);
    }
  } finally {
    await holder.query('ROLLBACK');
  }
  await until('decisions read again', async () => (await decisions()).status === 200);
});

test('a service that is too slow is left alone and says so; presses are tried all the same; then all is as before', {
  timeout,
}, async () => {
  const way: Way = { from: 'gateway', to: 'emergency' };
  const list = () => call('GET', '/api/emergency/active');
  const breaker = async () => (await readyz()).json.upstreams?.emergency?.breaker;
  await mesh.network.set(way, { kind: 'slow', latencyMs: 4_000, jitterMs: 0 });
  try {
    const late = await Promise.all(Array.from({ length: 24 }, list));
    assert.deepEqual(
      late.filter(({ status }) => ![503, 504].includes(status)),
      [],
    );
    await until('an open breaker', async () => (await list()).reason === 'UPSTREAM_DOWN');
    const refused = await list();
    assert.deepEqual([refused.status, refused.retryAfter >= 1], [503, true]);
    assert.notEqual((await press()).reason, 'UPSTREAM_DOWN', 'a press is not refused for what others met');
    await until('an edge that is not ready', async () => (await readyz()).status === 503);
  } finally {
    await mesh.network.set(way, OPEN);
  }
  await until('listings', async () => (await list()).status === 200);
  await until('a closed breaker', async () => (await breaker()) === 'closed');
  await until('an edge that is ready', async () => (await readyz()).status === 200);
  assert.equal((await press()).status, 200);
});

test('connections between services whose other end vanished are noticed before the next call needs them', {
  timeout,
}, async () => {
  const ways: Way[] = [
    { from: 'gateway', to: 'emergency' },
    { from: 'emergency', to: 'volunteer' },
  ];
  assert.equal((await search()).status, 200);
  for (const way of ways) await mesh.network.forget(way);
  const forgotten = async () => {
    const states = await mesh.network.states();
    return ways.reduce((sum, way) => sum + (states[nameOf(way)]?.forgotten ?? 0), 0);
  };
  assert.ok((await forgotten()) >= 2);
  await until('every dead connection let go', async () => (await forgotten()) === 0);
  assert.equal((await search()).status, 200);
});

test('a database whose connections all vanished answers again on new ones, and health says so meanwhile', {
  timeout,
}, async () => {
  await mesh.network.forget({ from: 'emergency', to: 'postgres' });
  const answers = await Promise.all(Array.from({ length: 12 }, press));
  for (const { status, reason } of answers) {
    const understood =
      status === 200 || ['DEADLINE_EXCEEDED', 'DATABASE_UNAVAILABLE', 'UPSTREAM_DOWN'].includes(reason ?? '');
    assert.ok(understood, `${status} ${reason}`);
  }
  await until('a press', async () => (await press()).status === 200);
  await until('an edge that is ready', async () => (await readyz()).status === 200);
  const many = await Promise.all(Array.from({ length: 20 }, () => call('GET', '/api/emergency/active')));
  assert.deepEqual([...new Set(many.map(({ status }) => status))], [200]);
});
