import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { PositionRow } from '../profiles/volunteer-message.ts';

/** What of a volunteer only PostGIS and the clock can tell: whether offers are taken now, and the position. */
export interface PresenceRow extends PositionRow {
  readonly id: string;
  readonly on_duty: boolean;
}

const FIND = prepared(
  'find_presence',
  `SELECT v.id, takes_offers(v.duty_status, v.duty_minutes, v.off_until, v.time_zone, now()) AS on_duty,
          ST_Y(p.location::geometry) AS latitude, ST_X(p.location::geometry) AS longitude, p.accuracy_meters, p.measured_at
   FROM volunteers AS v LEFT JOIN positions AS p ON p.volunteer_id = v.id
   WHERE v.id = ANY ($1::uuid[])`,
);

export async function findPresence(database: Queryable, ids: readonly string[]): Promise<Map<string, PresenceRow>> {
  const rows = await database.query<PresenceRow>(FIND, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}
