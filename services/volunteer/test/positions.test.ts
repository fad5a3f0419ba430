import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { monas, north, refusal, until, type Volunteer, type VolunteerClient, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('positions', { POSITION_QUEUE_MAX: '600' });
});
after(() => w?.mesh.stop());

const at = (meters: number, measuredAtMs: number) => ({
  location: north(meters),
  measureTime: timestampFromMs(measuredAtMs),
});

/** Metres north of Monas at which the volunteer is stored. */
async function stored({ id }: Pick<Volunteer, 'id'>): Promise<number> {
  const { rows } = await w.pool.query(
    'SELECT ST_Y(location::geometry) AS latitude FROM positions WHERE volunteer_id = $1',
    [id],
  );
  return Math.round((rows[0].latitude - monas.latitude) * 110_587);
}

/** Ends every connection of the service while it is used. */
const killConnections = () =>
  w.pool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'volunteer' AND datname = current_database()",
  );

test('a position is stored when the call is answered', async () => {
  const volunteer = await w.volunteer({ located: false });
  await volunteer.client.updateLocation({ location: north(42) });
  assert.equal(await stored(volunteer), 42);
});

test('the smallest numbers are stored like any other', async () => {
  const volunteer = await w.volunteer({ located: false });
  const [latitude, longitude, accuracyMeters] = [5e-324, -1e-300, 1e-295];
  await volunteer.client.updateLocation({ location: { latitude, longitude, accuracyMeters } });
  const { rows } = await w.pool.query('SELECT accuracy_meters FROM positions WHERE volunteer_id = $1', [volunteer.id]);
  assert.equal(rows[0].accuracy_meters, 0);
});

test('an older measurement than the stored one changes nothing', async () => {
  const volunteer = await w.volunteer({ located: false });
  const now = Date.now();
  await volunteer.client.updateLocation(at(10, now));
  await volunteer.client.updateLocation(at(20, now - 1));
  assert.equal(await stored(volunteer), 10);
  await volunteer.client.updateLocation(at(30, now + 1));
  assert.equal(await stored(volunteer), 30);
});

test('of many measurements sent at once, in any order, the latest stays', async () => {
  const volunteer = await w.volunteer({ located: false });
  const now = Date.now() - 1_000;
  const order = Array.from({ length: 200 }, (_, index) => (index * 77) % 200);
  await Promise.all(order.map((meters) => volunteer.client.updateLocation(at(meters, now + meters))));
  assert.equal(await stored(volunteer), 199);
});

test('a measurement more than a minute ahead of the clock, before 1970 or outside the Earth is refused', async () => {
  const { client } = await w.volunteer({ located: false });
  const send = (request: Parameters<VolunteerClient['updateLocation']>[0]) => client.updateLocation(request);
  assert.equal(await refusal(send(at(1, Date.now() + 50_000))), 'answered');
  await assert.rejects(send(at(1, Date.now() + 61_000)), /measure_time: must not be more than a minute ahead/);
  await assert.rejects(send(at(1, -1)), /measure_time/);
  await assert.rejects(send({ location: { ...monas, latitude: 91 } }), /location.latitude/);
  await assert.rejects(send({}), /location/);
});

test('who has no profile is told so; a citizen may send no position', async () => {
  const absent = 'FailedPrecondition NO_PROFILE';
  const nobody = await w.as('volunteer');
  assert.equal(await refusal(nobody.updateLocation({ location: monas })), absent);
  assert.equal(await refusal(nobody.streamLocations(repeated(3, () => ({ location: monas })))), absent);
  const citizen = await w.as('citizen');
  assert.equal(await refusal(citizen.updateLocation({ location: monas })), 'PermissionDenied PERMISSION_REQUIRED');
});

test('one whose account has no UUID spoils nobody else’s batch', async () => {
  const volunteers = await Promise.all([1, 2, 3].map(() => w.volunteer({ located: false })));
  const broken = await w.as('volunteer', 'zzz');
  const answers = await Promise.all([
    refusal(broken.updateLocation({ location: monas })),
    ...volunteers.map(({ client }) => refusal(client.updateLocation({ location: north(7) }))),
  ]);
  assert.deepEqual(answers, ['Internal INTERNAL', 'answered', 'answered', 'answered']);
});

async function* repeated<T>(count: number, make: (index: number) => T, pause?: (index: number) => Promise<unknown>) {
  for (let index = 0; index < count; index++) {
    await pause?.(index);
    yield make(index);
  }
}

test('a stream of 5,000 positions ends with the last one stored', async () => {
  const volunteer = await w.volunteer({ located: false });
  const start = Date.now() - 5_000;
  const answer = await volunteer.client.streamLocations(repeated(5_000, (index) => at(index, start + index)));
  assert.equal(answer.received, 5_000n);
  assert.ok(answer.stored >= 1n && answer.stored <= 5_000n, `${answer.stored}`);
  assert.equal(await stored(volunteer), 4_999);
});

test('a stream is refused at the first position that breaks the contract, and keeps those before', async () => {
  const volunteer = await w.volunteer({ located: false });
  const start = Date.now() - 5_000;
  const stream = repeated(50, (index) =>
    index === 20 ? { location: { ...monas, latitude: 91 } } : at(index, start + index),
  );
  assert.match(await refusal(volunteer.client.streamLocations(stream)), /^InvalidArgument/);
  assert.equal(await until(async () => (await stored(volunteer)) === 19), true);
});

test('nothing answered is lost when the connections are killed in the middle', async () => {
  const volunteers = await Promise.all(Array.from({ length: 20 }, () => w.volunteer({ located: false })));
  const answered = new Map<Volunteer, number>();
  let over = false;
  const phones = volunteers.map(async (volunteer) => {
    for (let meters = 1; !over; meters++) {
      await volunteer.client.updateLocation(at(meters, Date.now()));
      answered.set(volunteer, meters);
      await sleep(1);
    }
  });
  for (let kill = 0; kill < 5; kill++) {
    await sleep(150);
    await killConnections();
  }
  await sleep(300);
  over = true;
  await Promise.all(phones);
  for (const [volunteer, meters] of answered) assert.equal(await stored(volunteer), meters);
});

test('a stream goes on when the connections are killed in the middle', async () => {
  const volunteer = await w.volunteer({ located: false });
  const start = Date.now() - 2_000;
  const pause = (index: number) => (index % 250 === 249 ? killConnections() : Promise.resolve());
  const answer = await volunteer.client.streamLocations(repeated(1_000, (index) => at(index, start + index), pause));
  assert.equal(answer.received, 1_000n);
  assert.equal(await stored(volunteer), 999);
});

test('a full queue refuses single positions and holds streams back', async () => {
  const locked = await w.volunteer();
  const waiting = await w.volunteer({ located: false });
  const holder = await w.pool.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE positions IN SHARE MODE');
    const start = Date.now();
    const updates = Array.from({ length: 650 }, (_, index) =>
      refusal(locked.client.updateLocation(at(index, start + index))),
    );
    const first = await Promise.race(updates);
    assert.equal(first, 'ResourceExhausted POSITIONS_QUEUE_FULL');
    const streamed = waiting.client.streamLocations(repeated(300, (index) => at(index, start + index)));
    await sleep(100);
    await holder.query('COMMIT');
    const answers = await Promise.all(updates);
    assert.ok(answers.filter((answer) => answer === 'answered').length >= 600);
    assert.equal((await streamed).received, 300n);
    assert.equal(await stored(waiting), 299);
  } finally {
    holder.release();
  }
});

test('a request without a profile does not keep a place in the queue', async () => {
  const nobody = await w.as('volunteer', randomUUIDv7());
  for (let round = 0; round < 3; round++) {
    const calls = Array.from({ length: 300 }, () => refusal(nobody.updateLocation({ location: monas })));
    assert.deepEqual([...new Set(await Promise.all(calls))], ['FailedPrecondition NO_PROFILE']);
  }
});
