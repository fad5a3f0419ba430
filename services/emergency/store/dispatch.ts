import type { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { Decision } from '../dispatch/decisions.ts';
import { EMERGENCY_COLUMNS, type EmergencyState } from './emergencies.ts';

/** Those whom nobody was told of yet come first, whatever else is overdue. */
const CLAIM = prepared(
  'claim_due',
  `UPDATE emergencies e SET next_step_at = now() + $2 * interval '1 millisecond'
   WHERE e.id = ANY (ARRAY(
     SELECT id FROM emergencies WHERE next_step_at <= now()
     ORDER BY first_offer_at IS NOT NULL OR escalated_at IS NOT NULL, severity, next_step_at LIMIT $1 FOR UPDATE SKIP LOCKED))
   RETURNING ${EMERGENCY_COLUMNS}, e.traceparent, now() AS "claimedAt"`,
);
const RETRY = prepared(
  'retry_step',
  `UPDATE emergencies SET next_step_at = least(next_step_at, now() + $2 * interval '1 millisecond')
   WHERE id = $1 AND next_step_at IS NOT NULL`,
);
const RECORD = prepared(
  'record_decisions',
  `INSERT INTO dispatch_decisions (emergency_id, decided_at, action, volunteer_id, distance_meters, radius_meters, reason)
   SELECT $1, $2, action, volunteer_id, distance_meters, radius_meters, reason
   FROM unnest($3::smallint[], $4::uuid[], $5::float8[], $6::float8[], $7::text[])
     WITH ORDINALITY AS decision (action, volunteer_id, distance_meters, radius_meters, reason, position)
   ORDER BY position`,
);
const AREA = prepared(
  'area_of_emergency',
  `SELECT d.name FROM districts d JOIN emergencies e ON ST_DWithin(d.centre, e.location, 20000)
   WHERE e.id = $1 ORDER BY d.centre <-> e.location LIMIT 1`,
);
const COORDINATORS = prepared(
  'coordinators_of_emergency',
  `SELECT r.name AS regency, ARRAY(SELECT user_id FROM coordinators c WHERE c.regency_code = r.code) AS "userIds"
   FROM emergencies e, districts d JOIN regencies r ON r.code = d.regency_code
   WHERE e.id = $1
   ORDER BY NOT EXISTS (SELECT FROM coordinators c WHERE c.regency_code = r.code), d.centre <-> e.location LIMIT 1`,
);

const LIST = prepared(
  'list_decisions',
  `SELECT seq, decided_at AS "decidedAt", action, volunteer_id AS "volunteerId", distance_meters AS "distanceMeters",
     radius_meters AS "radiusMeters", reason
   FROM dispatch_decisions WHERE emergency_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
);

export interface DecisionRow {
  readonly seq: number;
  readonly decidedAt: Date;
  readonly action: DispatchAction;
  readonly volunteerId: string | null;
  readonly distanceMeters: number;
  readonly radiusMeters: number;
  readonly reason: string;
}

/** An emergency that this replica dispatches now, as it is. */
export interface Claim extends EmergencyState {
  /** By the database's clock. */
  readonly claimedAt: Date;
  /** The trace of its press; null when that was not known. */
  readonly traceparent: string | null;
}

/** Takes due emergencies for this replica, the gravest first, until the lease ends: a replica that dies loses none. */
export const claimDue = (database: Queryable, limit: number, leaseMs: number) =>
  database.query<Claim>(CLAIM, [limit, leaseMs]);

/** Makes an emergency whose step failed due sooner than its lease would. */
export const retryStep = (database: Queryable, id: string, afterMs: number) => database.query(RETRY, [id, afterMs]);

export function recordDecisions(tx: Tx, emergencyId: string, at: Date, decisions: readonly Decision[]): void {
  if (decisions.length === 0) return;
  tx.send(RECORD, [
    emergencyId,
    at,
    decisions.map(({ action }) => action),
    decisions.map(({ volunteerId }) => volunteerId ?? null),
    decisions.map(({ distanceMeters }) => distanceMeters ?? 0),
    decisions.map(({ radiusMeters }) => radiusMeters),
    decisions.map(({ reason }) => reason),
  ]);
}

/** What was decided on an emergency after a place in the record, the oldest first. */
export const listDecisions = (database: Queryable, emergencyId: string, after: number, limit: number) =>
  database.query<DecisionRow>(LIST, [emergencyId, after, limit]);

/** Name of the district that an emergency is in, roughly; empty far from all that are known. */
export async function areaOf(database: Queryable, emergencyId: string): Promise<string> {
  const [district] = await database.query<{ name: string }>(AREA, [emergencyId]);
  return district?.name ?? '';
}

/** Who is told at PSC 119: the coordinators of the regency it is in, or of the nearest that has some. */
export async function coordinatorsFor(
  database: Queryable,
  emergencyId: string,
): Promise<{ regency: string; userIds: string[] }> {
  const [found] = await database.query<{ regency: string; userIds: string[] }>(COORDINATORS, [emergencyId]);
  return found ?? { regency: '', userIds: [] };
}
