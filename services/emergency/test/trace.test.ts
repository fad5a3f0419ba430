import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OffersMadeSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { subjectOf } from '@kreki/runtime/events/subjects';
import { startCollector } from '@kreki/runtime/testing/collector';
import { monas } from './neighbourhood.ts';
import { until } from './until.ts';
import { type World, world } from './world.ts';

let w: World;
let collector: Awaited<ReturnType<typeof startCollector>>;
before(async () => {
  collector = await startCollector();
  w = await world('trace');
});
after(async () => {
  await w?.mesh.stop();
  await collector.stop();
});

const PRESS = '0af7651916cd43dd8448eb211c80319c';

test('everything that dispatch does about a press is in the trace of the press, by name: search, statements, the event with its offers', async () => {
  const [volunteerId] = w.around.place([40]);
  const citizen = await w.person('citizen');
  const headers = { traceparent: `00-${PRESS}-b7ad6b7169203331-01` };
  const { emergency } = await citizen.client.triggerPanic({ location: monas }, { headers });
  const id = emergency?.id ?? '';
  await until(async () => (await w.asked(id))[0] === volunteerId);
  const offered = await until(() =>
    collector.spans().find(({ name }) => name === `publish ${subjectOf(OffersMadeSchema)}`),
  );
  await until(() => collector.spans().some(({ name }) => name === 'dispatch'));

  assert.equal(offered.traceId, PRESS);
  assert.equal(offered.attributes['kreki.aggregate.id'], id);
  const spans = collector.spans().filter(({ traceId }) => traceId === PRESS);
  const steps = spans.filter(({ name }) => name === 'dispatch');
  assert.ok(steps.every(({ attributes }) => attributes['kreki.emergency.id'] === id));
  assert.equal(offered.parentSpanId, steps.find(({ spanId }) => spanId === offered.parentSpanId)?.spanId);
  const within = spans.filter(({ parentSpanId }) => steps.some(({ spanId }) => spanId === parentSpanId));
  const names = within.map(({ name }) => name);
  for (const name of ['kreki.volunteer.v1.VolunteerService/FindNearby', 'sql insert_offers', 'sql lock_emergency'])
    assert.ok(names.includes(name), `${name} is not in ${names}`);
  const press = spans.find(({ name }) => name === 'kreki.emergency.v1.EmergencyService/TriggerPanic' && name);
  assert.equal(press?.kind, 2);
  assert.ok(steps.every(({ parentSpanId }) => parentSpanId === press?.spanId));
});
