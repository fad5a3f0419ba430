import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { observeBacklog } from '../events/relay-metrics.ts';
import { meter } from '../telemetry.ts';
import { startCollector } from '../testing/collector.ts';
import { until } from '../testing/events.ts';

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
  // A gauge that does not change is said again: whoever looks at the last minutes only must know it.
  const said = () => collector.metricNames().filter((name) => name === 'kreki.test.level').length;
  await until(() => said() > 2, 'the gauge is said again');
  await collector.finish();
  observed.stop();

  for (const name of ['kreki.test.early', 'kreki.test.waits', 'kreki.outbox.depth', 'kreki.outbox.age'])
    assert.ok(collector.metricNames().includes(name), `${name} was not sent`);
});
