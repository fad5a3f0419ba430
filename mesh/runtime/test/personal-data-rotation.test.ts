import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { type Database, openDatabase } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import type { Logger } from '../log.ts';
import { checkLookupKey } from '../personal-data/check-lookup-key.ts';
import { parseKey, parseKeyRing } from '../personal-data/key-ring.ts';
import { type LookedUpColumn, PersonalData } from '../personal-data/personal-data.ts';
import { resealing, resealingPass } from '../personal-data/resealing.ts';
import { sealPlain } from '../personal-data/seal-plain.ts';
import { testLog, until } from '../testing/events.ts';
import { type TestMesh, testMesh } from '../testing/harness.ts';

const newKey = () => randomBytes(32).toString('base64');
const [first, second, third, lookupKey] = [newKey(), newKey(), newKey(), newKey()];
const withKeys = (ring: string, lookup = lookupKey) =>
  new PersonalData({ keys: parseKeyRing(ring), lookupKey: parseKey(lookup) });

const PHONE: LookedUpColumn = {
  table: 'people',
  id: 'id',
  column: 'phone_sealed',
  lookup: { column: 'phone_lookup', kind: 'phone', normalise: (written) => written },
};
const ADD = prepared(
  'add',
  `INSERT INTO people (id, phone_sealed, phone_lookup) SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[])`,
);
const ALL = prepared('all', 'SELECT id, phone_sealed AS value FROM people ORDER BY id');

let mesh: TestMesh;
let database: Database;
before(async () => {
  mesh = await testMesh('personal_data');
  database = await openDatabase(mesh.databaseUrl, { log: testLog, name: 'tested', max: 4 });
});
after(async () => {
  await database.stop();
  await mesh.stop();
});
beforeEach(async () => {
  await database.pool.query(`
    DROP TABLE IF EXISTS people;
    CREATE TABLE people (id uuid PRIMARY KEY, phone text, phone_sealed bytea, phone_lookup bytea UNIQUE);
    CREATE INDEX people_phone_head ON people (substr(phone_sealed, 1, 3))`);
});

async function add(data: PersonalData, count: number): Promise<Map<string, string>> {
  const people = new Map(Array.from({ length: count }, (_, index) => [randomUUID(), `+62812${index}`]));
  const rows = [...people];
  await database.query(ADD, [
    rows.map(([id]) => id),
    rows.map(([id, phone]) => data.seal(PHONE, id, phone)),
    rows.map(([, phone]) => data.lookup(PHONE, phone)),
  ]);
  return people;
}

const stored = () => database.query<{ id: string; value: Buffer }>(ALL);
const numberOf = ({ value }: { value: Buffer }) => value.readUInt16BE(1);

/** Runs one pass, and answers what it logged. */
async function pass(data: PersonalData): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const note = (fields: Record<string, unknown>, msg: string) => void lines.push({ ...fields, msg });
  const log = { ...testLog, info: note, error: note } as unknown as Logger;
  await resealingPass(database, data, PHONE, log)(new AbortController().signal);
  return lines;
}

test('rows sealed under an older key are sealed under the current one, after which the older may go', async () => {
  const people = await add(withKeys(`1:${first}`), 1_201);
  const [told] = await pass(withKeys(`2:${second},1:${first}`));
  assert.deepEqual(told, { column: 'people.phone_sealed', key: 2, values: 1_201, msg: 'personal data sealed again' });
  const alone = withKeys(`2:${second}`);
  const rows = await stored();
  assert.equal(rows.length, 1_201);
  for (const { id, value } of rows) assert.equal(alone.open(PHONE, id, value), people.get(id));
  assert.deepEqual(await pass(alone), []);
});

test('a pass that is stopped is ended by the next', async () => {
  await add(withKeys(`1:${first}`), 1_201);
  const rotated = withKeys(`2:${second},1:${first}`);
  const interrupted = resealing(database, rotated, [PHONE], testLog);
  interrupted.start();
  await until(async () => (await stored()).some((row) => numberOf(row) === 2), 'rows are sealed again');
  await interrupted.stop();
  await pass(rotated);
  assert.ok((await stored()).every((row) => numberOf(row) === 2));
});

test('replicas that rotate at the same time do each row once', async () => {
  await add(withKeys(`1:${first}`), 2_000);
  const rotated = withKeys(`2:${second},1:${first}`);
  const told = await Promise.all([pass(rotated), pass(rotated)]);
  const counts = told.flat().map((line) => Number(line.values));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    2_000,
  );
  assert.ok((await stored()).every((row) => numberOf(row) === 2));
});

test('rows under a key that is missing, and rows that were damaged, hold up no other, and are told', async () => {
  const lost = await add(withKeys(`3:${third}`), 2);
  await database.pool.query('UPDATE people SET phone_lookup = NULL');
  const kept = await add(withKeys(`1:${first}`), 3);
  const [damaged = ''] = kept.keys();
  await database.pool.query(
    'UPDATE people SET phone_sealed = set_byte(phone_sealed, 20, get_byte(phone_sealed, 20) # 1) WHERE id = $1',
    [damaged],
  );
  const lines = await pass(withKeys(`2:${second},1:${first}`));
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    [
      'a sealed value does not open',
      'personal data sealed again',
      'values are sealed under a key that PERSONAL_DATA_KEYS lacks',
    ],
  );
  assert.match(String(lines[0]?.err), new RegExp(`people.phone_sealed of ${damaged} does not open under key 1`));
  assert.equal(lines[1]?.values, 2);
  assert.deepEqual([lines[2]?.key, lines[2]?.values], [3, 2]);
  for (const row of await stored()) {
    assert.equal(numberOf(row), lost.has(row.id) ? 3 : row.id === damaged ? 1 : 2);
  }
});

test('another look-up key than the one that rows were hashed with is refused', async () => {
  const data = withKeys(`1:${first}`);
  await checkLookupKey(database, data, PHONE);
  await add(data, 20);
  await checkLookupKey(database, data, PHONE);
  await checkLookupKey(database, withKeys(`2:${second},1:${first}`), PHONE);
  const [{ id = '' } = {}] = await stored();
  await database.pool.query('UPDATE people SET phone_sealed = $2 WHERE id = $1', [id, Buffer.from('damaged')]);
  await checkLookupKey(database, data, PHONE);
  await assert.rejects(checkLookupKey(database, withKeys(`1:${first}`, newKey()), PHONE), (error: Error) => {
    assert.match(String(error.cause), /PERSONAL_DATA_LOOKUP_KEY is not the key/);
    return true;
  });
  await assert.rejects(checkLookupKey(database, withKeys(`2:${second}`), PHONE), (error: Error) => {
    assert.match(String(error.cause), /sealed under key 1, which PERSONAL_DATA_KEYS lacks/);
    return true;
  });
});

test('plain values are sealed once, with their hashes, and stay until their column goes', async () => {
  const data = withKeys(`1:${first}`);
  await database.pool.query(`
    INSERT INTO people (id, phone) SELECT gen_random_uuid(), '+62811' || number FROM generate_series(1, 1100) AS number;
    INSERT INTO people (id, phone) VALUES (gen_random_uuid(), NULL), (gen_random_uuid(), '')`);
  const client = await database.pool.connect();
  try {
    await sealPlain(client, data, { plain: 'phone', sealed: PHONE }, testLog);
    const before = await stored();
    await sealPlain(client, data, { plain: 'phone', sealed: PHONE }, testLog);
    assert.deepEqual(await stored(), before);
  } finally {
    client.release();
  }
  const { rows } = await database.pool.query('SELECT id, phone, phone_sealed, phone_lookup FROM people');
  for (const { id, phone, phone_sealed, phone_lookup } of rows) {
    if (phone) {
      assert.equal(data.open(PHONE, id, phone_sealed), phone);
      assert.deepEqual(data.lookup(PHONE, phone), phone_lookup);
    } else assert.equal(phone_sealed, null);
  }
});
