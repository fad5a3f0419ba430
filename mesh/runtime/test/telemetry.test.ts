import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { observeBacklog } from '../events/relay-metrics.ts';
import { meter } from '../telemetry.ts';
import { startCollector } from '../testing/collector.ts';

test('what is measured reaches a collector, also by metrics that were made before telemetry started', async () => {
  const early = meter.createCounter('kreki.test.early');
  const waits = meter.createHistogram('kreki.test.waits');
  const level = meter.createGauge('kreki.test.level');
  early.add(1);
  const collector = await startCollector();
  after(() => collector.stop());
  early.add(1);
  waits.record(5);
  level.record(7);
  const observed = observeBacklog('test', async () => ({ depth: 3, oldestAgeMs: 1_000 }));
  const metrics = await collector.metrics();
  observed.stop();

  for (const name of [
    'kreki.test.early',
    'kreki.test.waits',
    'kreki.test.level',
    'kreki.outbox.depth',
    'kreki.outbox.age',
  ])
    assert.ok(metrics.includes(name), `${name} was not sent`);
});
