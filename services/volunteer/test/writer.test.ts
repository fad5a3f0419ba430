import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createLogger } from '@kreki/runtime/log';
import { PositionWriter } from '../positions/writer.ts';

const LIMITS = { batchRows: 2, writesMax: 1, flushIntervalMs: 1, queueMax: 2, retryForMs: 1_000 };

const measured = (measuredAtMs: number) => ({
  volunteerId: randomUUID(),
  latitude: -6.2,
  longitude: 106.8,
  accuracyMeters: 10,
  measuredAtMs,
});

test('those who wait for room are let in as there is room, in the order in which they came', async () => {
  const written: number[] = [];
  const log = createLogger('volunteer', 'error');
  const store = async (batch: readonly { readonly measuredAtMs: number }[]) => {
    written.push(...batch.map(({ measuredAtMs }) => measuredAtMs).toSorted((one, other) => one - other));
    return new Map();
  };
  const writer = new PositionWriter(store, { ...LIMITS, log });
  const count = 101;
  const outcomes = await Promise.all(Array.from({ length: count }, (_, index) => writer.submitInTurn(measured(index))));
  assert.deepEqual(new Set(outcomes), new Set(['stored']));
  assert.deepEqual(
    written,
    Array.from({ length: count }, (_, index) => index),
  );
  await writer.stop();
});
