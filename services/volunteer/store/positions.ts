import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { Measurement, Outcome } from '../positions/measurement.ts';

/** Answers only for rows that were not written, so that an ordinary batch answers nothing. */
export const STORE_POSITIONS = prepared(
  'store_positions',
  `WITH measurement AS MATERIALIZED (
     SELECT volunteer_id, ST_MakePoint(longitude, latitude)::geography AS location, accuracy_meters,
            to_timestamp(measured_at_ms / 1000.0) AS measured_at
     FROM unnest($1::uuid[], $2::float8[], $3::float8[], $4::float4[], $5::float8[])
       AS m (volunteer_id, longitude, latitude, accuracy_meters, measured_at_ms)
   ), written AS (
     UPDATE positions AS p
     SET location = m.location, accuracy_meters = m.accuracy_meters, measured_at = m.measured_at
     FROM measurement AS m
     WHERE p.volunteer_id = m.volunteer_id AND (p.measured_at IS NULL OR p.measured_at < m.measured_at)
     RETURNING p.volunteer_id
   )
   SELECT m.volunteer_id, p.volunteer_id IS NOT NULL AS known, p.measured_at = m.measured_at AS same
   FROM measurement AS m LEFT JOIN positions AS p USING (volunteer_id)
   WHERE m.volunteer_id NOT IN (SELECT volunteer_id FROM written)`,
);

/**
 * Writes measurements of distinct volunteers, each unless a later one is stored.
 * @returns what became of those that were not written; one that was stored before counts as stored.
 */
export async function storePositions(
  database: Queryable,
  batch: readonly Measurement[],
): Promise<ReadonlyMap<string, Outcome>> {
  const rows = await database.query<{ volunteer_id: string; known: boolean; same: boolean | null }>(STORE_POSITIONS, [
    arrayOf(batch, (m) => m.volunteerId),
    arrayOf(batch, (m) => m.longitude),
    arrayOf(batch, (m) => m.latitude),
    arrayOf(batch, (m) => m.accuracyMeters),
    arrayOf(batch, (m) => m.measuredAtMs),
  ]);
  return new Map(
    rows.map(({ volunteer_id, known, same }) => [
      volunteer_id,
      known ? (same ? 'stored' : 'superseded') : 'no-profile',
    ]),
  );
}

/** PostgreSQL's text of an array whose values need no quotes, at half the driver's cost. */
const arrayOf = (batch: readonly Measurement[], value: (measurement: Measurement) => string | number) =>
  `{${batch.map(value).join(',')}}`;
