import type { BatchObservableCallback } from '@opentelemetry/api';
import { startedMeter } from '../telemetry.ts';

/** Measures an outbox each time that metrics are collected. While its database is away there is no measurement. */
export function observeBacklog(
  domain: string,
  backlog: () => Promise<{ depth: number; oldestAgeMs: number }>,
): { stop(): void } {
  const meter = startedMeter();
  const depth = meter.createObservableGauge('kreki.outbox.depth', {
    description: 'Events that wait to be published',
    unit: '{event}',
  });
  const age = meter.createObservableGauge('kreki.outbox.age', {
    description: 'How long the oldest event that waits to be published has waited',
    unit: 's',
  });
  const measure: BatchObservableCallback = async (result) => {
    const present = await backlog().catch(() => undefined);
    if (!present) return;
    const attributes = { 'messaging.destination.name': domain };
    result.observe(depth, present.depth, attributes);
    result.observe(age, present.oldestAgeMs / 1_000, attributes);
  };
  meter.addBatchObservableCallback(measure, [depth, age]);
  return { stop: () => meter.removeBatchObservableCallback(measure, [depth, age]) };
}
