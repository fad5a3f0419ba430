import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OffersMadeSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { monas } from './neighbourhood.ts';
import { until } from './until.ts';
import { found, ROLE, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('restart', {
    DISPATCH_OFFER_TIMEOUT: '1500ms',
    DISPATCH_LEASE: '500ms',
    DISPATCH_SEARCH_AGAIN: '200ms',
  });
});
after(() => w?.mesh.stop());

test('dispatch goes on where it was after every replica was stopped', async () => {
  const ids = w.around.place(Array.from({ length: 14 }, (_, index) => 30 * (index + 1)));
  const { id } = await w.press();
  await until(async () => (await w.asked(id)).length === 7);
  await w.service.stop();
  const again = await w.start();
  await until(async () => JSON.stringify(await w.asked(id)) === JSON.stringify(ids.slice(7)));
  const offered = await until(async () => {
    const events = (await w.events.about(OffersMadeSchema, id)).flatMap(({ offers }) => offers);
    return events.length >= 14 && events;
  });
  assert.deepEqual(offered.map(({ volunteerId }) => volunteerId).sort(), [...ids].sort(), 'each is asked once');
  await again.stop();
});

test('a press that no dispatcher was there for is dispatched when one comes, and by one of two only once', async () => {
  w.around.clear();
  const ids = w.around.place([40, 80, 120]);
  w.around.away = true;
  const first = await w.start();
  const client = await w.mesh.client(EmergencyService, first.url, ROLE.citizen);
  const id = found((await client.triggerPanic({ location: monas })).emergency).id;
  await first.stop();
  w.around.away = false;
  const replicas = await Promise.all([w.start(), w.start()]);
  await until(async () => (await w.asked(id)).length === 3);
  const offered = await until(async () => {
    const events = (await w.events.about(OffersMadeSchema, id)).flatMap(({ offers }) => offers);
    return events.length >= 3 && events;
  });
  assert.deepEqual(
    offered.map(({ volunteerId }) => volunteerId),
    ids,
  );
  await Promise.all(replicas.map((replica) => replica.stop()));
});
