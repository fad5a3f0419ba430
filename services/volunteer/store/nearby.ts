import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { PositionRow } from '../profiles/volunteer-message.ts';

export interface NearbyQuery {
  readonly latitude: number;
  readonly longitude: number;
  readonly radiusMeters: number;
  /** Skills of which one must be certified; none: any. */
  readonly skills: readonly number[];
  readonly excludeIds: readonly string[];
  readonly maxPositionAgeMs: number;
  readonly count: number;
}

export interface NearbyRow extends PositionRow {
  readonly volunteer_id: string;
  readonly display_name: string;
  readonly skills: number[];
  readonly distance_meters: number;
}

/**
 * Walks the index of findable positions outwards from the point and stops at `count`. The search is a materialised row so that the
 * planner, not seeing its values, keeps to that walk: with them it at times reads and sorts the whole radius. `<->` measures on the
 * sphere, hence the order by the distance on the spheroid around it.
 */
export const FIND_NEARBY = prepared(
  'find_nearby',
  `WITH search AS MATERIALIZED (
     SELECT ST_MakePoint($1, $2)::geography AS point, $3::float8 AS radius_meters,
            now() - $6::float8 * interval '1 millisecond' AS fresh_since, $7::integer AS count
   )
   SELECT volunteer_id, display_name, skills, ST_Distance(location, point) AS distance_meters,
          ST_Y(location::geometry) AS latitude, ST_X(location::geometry) AS longitude, accuracy_meters, measured_at
   FROM search CROSS JOIN LATERAL (
     SELECT p.volunteer_id, v.display_name, certified.skills, p.location, p.accuracy_meters, p.measured_at
     FROM positions AS p
     JOIN volunteers AS v ON v.id = p.volunteer_id
     CROSS JOIN LATERAL (
       SELECT array_agg(DISTINCT c.skill ORDER BY c.skill) AS skills
       FROM certifications AS c
       WHERE c.volunteer_id = p.volunteer_id AND c.verified AND c.valid_from <= now() AND c.valid_until > now()
     ) AS certified
     WHERE p.findable
       AND ST_DWithin(p.location, search.point, search.radius_meters)
       AND p.measured_at >= search.fresh_since
       AND p.volunteer_id <> ALL ($5::uuid[])
       AND takes_offers(v.duty_status, v.duty_minutes, v.off_until, v.time_zone, now())
       AND CASE WHEN cardinality($4::smallint[]) = 0 THEN certified.skills IS NOT NULL ELSE certified.skills && $4 END
     ORDER BY p.location <-> search.point
     LIMIT (SELECT count FROM search)
   ) AS nearest
   ORDER BY distance_meters`,
);

/** Eligible volunteers within the radius, the nearest first. */
export function findEligible(database: Queryable, query: NearbyQuery): Promise<NearbyRow[]> {
  const { longitude, latitude, radiusMeters, skills, excludeIds, maxPositionAgeMs, count } = query;
  const values = [longitude, latitude, radiusMeters, skills, excludeIds, maxPositionAgeMs, count];
  return database.query<NearbyRow>(FIND_NEARBY, values);
}
