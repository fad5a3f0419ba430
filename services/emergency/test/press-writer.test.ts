import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import { EmergencyRequestedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { Category, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { type Database, openDatabase } from '@kreki/runtime/database/database';
import { event } from '@kreki/runtime/events/outbox';
import { pino } from 'pino';
import { PressWriter } from '../store/press-writer.ts';
import type { Press } from '../store/presses.ts';
import { monas } from './neighbourhood.ts';
import { type World, world } from './world.ts';

let w: World;
let database: Database;
before(async () => {
  w = await world('press_writer');
  database = await openDatabase(w.mesh.databaseUrl, { log: pino({ level: 'silent' }), name: 'press-writer' });
  w.mesh.onStop(() => database.stop());
});
after(() => w?.mesh.stop());

const press = (description = '', requesterId = randomUUIDv7()): Press => ({
  id: randomUUIDv7(),
  requesterId,
  requestId: undefined,
  ...monas,
  accuracyMeters: 0,
  severity: Severity.CRITICAL,
  category: Category.UNSPECIFIED,
  description,
  respondersNeeded: 2,
  searchRadiusMeters: 500,
  receivedAt: new Date(),
});

const write = (writer: PressWriter, pressed: Press) =>
  writer.write(pressed, event(EmergencyRequestedSchema, { emergencyId: pressed.id }, pressed.id));

/** How many of these there are, with their events, and by how many transactions. */
async function written(presses: readonly Press[]) {
  const { rows } = await w.pool.query(
    `SELECT count(DISTINCT e.created_at)::int AS transactions, count(e.id)::int AS emergencies, count(o.id)::int AS events
     FROM emergencies e LEFT JOIN outbox o ON o.aggregate_id = e.id::text WHERE e.id = ANY($1::uuid[])`,
    [presses.map(({ id }) => id)],
  );
  return rows[0];
}

test('presses that come while two are being written are one transaction, each with its event', async () => {
  const writer = new PressWriter(database);
  const presses = Array.from({ length: 12 }, () => press());
  const times = await Promise.all(presses.map((each) => write(writer, each)));
  assert.ok(times.every((time) => time instanceof Date));
  assert.deepEqual(await written(presses.slice(2)), { transactions: 1, emergencies: 10, events: 10 });
  assert.deepEqual(await written(presses), { transactions: 3, emergencies: 12, events: 12 });
});

test('of two presses of one person in a transaction, the second repeats the first', async () => {
  const writer = new PressWriter(database);
  const somebody = randomUUIDv7();
  const presses = [press(), press(), press('first', somebody), press('second', somebody), press()];
  const times = await Promise.all(presses.map((each) => write(writer, each)));
  assert.equal(times.filter((time) => time === undefined).length, 1);
  assert.deepEqual(await written(presses), { transactions: 3, emergencies: 4, events: 4 });
  assert.equal(await write(writer, press('third', somebody)), undefined);
});

test('one that the database refuses fails alone', async () => {
  await w.pool.query(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
     CREATE TRIGGER refuse BEFORE INSERT ON emergencies FOR EACH ROW WHEN (NEW.description = 'refused') EXECUTE FUNCTION refuse()`,
  );
  const writer = new PressWriter(database);
  const presses = [press(), press(), press(), press('refused'), press()];
  const outcomes = await Promise.allSettled(presses.map((each) => write(writer, each)));
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(await written(presses), { transactions: 4, emergencies: 4, events: 4 });
});
