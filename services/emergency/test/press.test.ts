import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import { EmergencyMovedSchema, EmergencyRequestedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { CancelReason, EmergencyStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { monas, north } from './neighbourhood.ts';
import { until } from './until.ts';
import { found, refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('press');
});
after(() => w?.mesh.stop());

test('a press is answered with an open emergency, critical unless said otherwise, and told once', async () => {
  const citizen = await w.person('citizen');
  const { emergency } = await citizen.client.triggerPanic({ location: monas, description: 'Ayah pingsan' });
  const { id, status, severity, respondersNeeded, location, version } = found(emergency);
  assert.deepEqual(
    { status, severity, respondersNeeded, version },
    { status: EmergencyStatus.PENDING, severity: Severity.CRITICAL, respondersNeeded: 2, version: 1n },
  );
  assert.equal(location?.latitude, monas.latitude);
  const [told, ...more] = await until(async () => {
    const events = await w.events.about(EmergencyRequestedSchema, id);
    return events.length > 0 && events;
  });
  assert.equal(told?.requesterId, citizen.id);
  assert.equal(more.length, 0);
});

test('pressing again with the same request id gives the same emergency, closed or not', async () => {
  const citizen = await w.person('citizen');
  const request = { location: monas, requestId: randomUUIDv7() };
  const first = found((await citizen.client.triggerPanic(request)).emergency);
  const again = found((await citizen.client.triggerPanic(request)).emergency);
  assert.equal(again.id, first.id);
  assert.equal(again.location?.latitude, monas.latitude);

  await citizen.client.cancel({ id: first.id, reason: CancelReason.FALSE_ALARM });
  const closed = found((await citizen.client.triggerPanic({ ...request, location: north(900) })).emergency);
  assert.equal(closed.id, first.id);
  assert.equal(closed.status, EmergencyStatus.CANCELLED);
  assert.equal(closed.location?.latitude, monas.latitude, 'a closed emergency stays where it was');

  const next = found((await citizen.client.triggerPanic({ location: monas })).emergency);
  assert.notEqual(next.id, first.id);
});

test('pressing while the own emergency is open moves it, and others are told when it is elsewhere', async () => {
  const { id, citizen } = await w.press();
  await citizen.client.triggerPanic({ location: north(3), requestId: randomUUIDv7() });
  const moved = found((await citizen.client.triggerPanic({ location: north(250) })).emergency);
  assert.equal(moved.id, id);
  assert.equal(moved.location?.latitude, north(250).latitude);
  const events = await until(async () => {
    const told = await w.events.about(EmergencyMovedSchema, id);
    return told.length > 0 && told;
  });
  assert.equal(events.length, 1, 'three metres are the phone, not the person');
});

test('twenty presses of one person at the same instant make one emergency', async () => {
  const citizen = await w.person('citizen');
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      citizen.client.triggerPanic({ location: north(index * 20), requestId: randomUUIDv7() }),
    ),
  );
  assert.equal(new Set(answers.map(({ emergency }) => emergency?.id)).size, 1);
  const { rows } = await w.pool.query('SELECT count(*)::int AS n FROM emergencies WHERE requester_id = $1', [
    citizen.id,
  ]);
  assert.equal(rows[0].n, 1);
});

test('pressing again from the same place does not wait for whoever holds the emergency', async () => {
  const { id, citizen } = await w.press();
  const holder = await hold(id);
  try {
    const again = found((await citizen.client.triggerPanic({ location: monas }, { timeoutMs: 2_000 })).emergency);
    assert.equal(again.id, id);
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
});

test('a press that finds the own emergency open, and closed a moment later, makes a new one', async () => {
  const { id, citizen } = await w.press();
  const holder = await hold(id);
  try {
    const pressed = citizen.client.triggerPanic({ location: north(900) });
    await until(async () => (await waiting()) > 0);
    await holder.query('UPDATE emergencies SET status = $2, cancelled_at = now(), next_step_at = NULL WHERE id = $1', [
      id,
      EmergencyStatus.CANCELLED,
    ]);
    await holder.query('COMMIT');
    const next = found((await pressed).emergency);
    assert.notEqual(next.id, id);
    assert.equal(next.status, EmergencyStatus.PENDING);
  } finally {
    holder.release();
  }
});

/** A connection in a transaction that holds the emergency, as a step of its dispatch does. */
async function hold(id: string) {
  const holder = await w.pool.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM emergencies WHERE id = $1 FOR UPDATE', [id]);
  return holder;
}

/** How many wait for a row that somebody else holds. */
async function waiting(): Promise<number> {
  const { rows } = await w.pool.query(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE%'`,
  );
  return rows[0].n;
}

test('a press without a place, or with an impossible one, is refused by the contract', async () => {
  const { client } = await w.person('citizen');
  assert.match(await refusal(client.triggerPanic({})), /^InvalidArgument/);
  assert.match(await refusal(client.triggerPanic({ location: { latitude: 91, longitude: 0 } })), /^InvalidArgument/);
});

test('whoever may not press is refused', async () => {
  const service = await w.start();
  const nobody = await w.mesh.client(EmergencyService, service.url);
  assert.match(await refusal(nobody.triggerPanic({ location: monas })), /^Unauthenticated/);
  const powerless = await w.mesh.client(EmergencyService, service.url, { permissions: [] });
  assert.match(await refusal(powerless.triggerPanic({ location: monas })), /^PermissionDenied/);
});
