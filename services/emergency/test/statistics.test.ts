import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Duration, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { CancelReason, ResponseStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { SeverityStatistics } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { until } from './until.ts';
import { refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('statistics');
});
after(() => w?.mesh.stop());

const seconds = (duration: Duration | undefined) =>
  duration && Number(duration.seconds) + duration.nanos / 1_000_000_000;

const row = (rows: readonly SeverityStatistics[], severity: Severity) =>
  rows.find((each) => each.severity === severity);

test('nothing measured is no row but the one over all, with nothing in it', async () => {
  const { rows } = await w.dispatcher.client.getResponseStatistics({});
  assert.equal(rows.length, 1);
  assert.deepEqual([rows[0]?.emergencies, rows[0]?.firstOffer?.count, rows[0]?.firstOffer?.p50], [0n, 0n, undefined]);
});

test('times are counted by severity and over all', async () => {
  const [nearest = ''] = w.around.place([50]);
  const { id } = await w.press({ severity: Severity.NORMAL });
  await until(async () => (await w.asked(id)).length === 1);
  await w.accept(id, nearest);
  const { client } = await w.person('volunteer', nearest);
  await client.updateResponse({ id, status: ResponseStatus.ARRIVED });
  await client.complete({ id });
  const other = await w.press();
  await other.citizen.client.cancel({ id: other.id, reason: CancelReason.FALSE_ALARM });
  const rows = await until(async () => {
    const answer = await w.dispatcher.client.getResponseStatistics({});
    return row(answer.rows, Severity.UNSPECIFIED)?.acknowledge?.count === 2n && answer.rows;
  });
  assert.deepEqual(
    rows.map(({ severity, emergencies, completed, cancelled }) => [severity, emergencies, completed, cancelled]),
    [
      [Severity.CRITICAL, 1n, 0n, 1n],
      [Severity.NORMAL, 1n, 1n, 0n],
      [Severity.UNSPECIFIED, 2n, 1n, 1n],
    ],
  );
  const normal = row(rows, Severity.NORMAL);
  const times = [normal?.acknowledge, normal?.firstOffer, normal?.firstAccept, normal?.arrival, normal?.completion];
  const medians = times.map((each) => seconds(each?.p50) ?? Number.NaN);
  assert.ok(
    medians.every((median) => median >= 0 && median < 5),
    String(medians),
  );
  assert.deepEqual(
    [...medians.slice(1)].sort((one, next) => one - next),
    medians.slice(1),
  );
});

test('percentiles are those of the period', async () => {
  await w.pool.query(`
    INSERT INTO emergencies (id, requester_id, latitude, longitude, accuracy_meters, severity, category, description, status,
      responders_needed, search_radius_meters, received_at, created_at, first_offer_at)
    SELECT gen_random_uuid(), gen_random_uuid(), -6, 106, 0, 2, 0, '', 4, 1, 500, at, at, at + second * interval '1 second'
    FROM generate_series(1, 100) AS second, (VALUES (timestamptz '2026-01-15 00:00Z')) AS period (at)`);
  const { rows } = await w.dispatcher.client.getResponseStatistics({
    startTime: timestampFromDate(new Date('2026-01-15T00:00:00Z')),
    endTime: timestampFromDate(new Date('2026-01-16T00:00:00Z')),
  });
  const urgent = row(rows, Severity.URGENT);
  assert.deepEqual(
    [urgent?.emergencies, seconds(urgent?.firstOffer?.p50), seconds(urgent?.firstOffer?.p95)],
    [100n, 50.5, 95.05],
  );
  assert.equal(urgent?.arrival?.count, 0n);
});

test('a period that ends before it begins is refused', async () => {
  const startTime = timestampFromDate(new Date('2026-01-02T00:00:00Z'));
  const endTime = timestampFromDate(new Date('2026-01-01T00:00:00Z'));
  assert.equal(
    await refusal(w.dispatcher.client.getResponseStatistics({ startTime, endTime })),
    'InvalidArgument BAD_PERIOD',
  );
});
