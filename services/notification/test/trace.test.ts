import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCollector } from '@kreki/runtime/testing/collector';
import { continueTrace } from '@kreki/runtime/trace';
import { offerTo } from './offers.ts';
import { until, type World, world } from './world.ts';

let here: World;
let collector: Awaited<ReturnType<typeof startCollector>>;
before(async () => {
  collector = await startCollector();
  here = await world('notification_trace');
});
after(async () => {
  await here?.mesh.stop();
  await collector.stop();
});

const PRESS = '4bf92f3577b34da6a3ce929d0e0e4736';

test('what is sent to a provider is in the trace of the event that it follows from', async () => {
  const ani = await here.somebody();
  const { emergencyId } = await continueTrace(`00-${PRESS}-00f067aa0ba902b7-01`, () => offerTo(here, ani.userId));
  const sent = () => collector.spans().filter(({ name }) => name === 'send fcm' || name === 'send whatsapp');
  await until(() => sent().length === 2);

  const spans = collector.spans().filter(({ traceId }) => traceId === PRESS);
  const handled = spans.find(({ kind }) => kind === 5);
  assert.equal(handled?.parentSpanId, '00f067aa0ba902b7');
  for (const span of sent()) {
    assert.deepEqual([span.traceId, span.parentSpanId], [PRESS, handled?.spanId]);
    assert.equal(span.attributes['kreki.emergency.id'], emergencyId);
  }
  assert.ok(spans.some(({ name, parentSpanId }) => name === 'sql insert_plan' && parentSpanId === handled?.spanId));
});
