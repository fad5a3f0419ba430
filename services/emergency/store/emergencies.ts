import type {
  CancelReason,
  Category,
  EmergencyStatus,
  EscalationReason,
  ResponseStatus,
  Severity,
} from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** An emergency with its responders, as it is committed. */
export interface EmergencyState {
  readonly id: string;
  /** Empty once the person has been erased. */
  readonly requesterId: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly accuracyMeters: number;
  readonly severity: Severity;
  readonly category: Category;
  readonly description: string;
  readonly status: EmergencyStatus;
  readonly respondersNeeded: number;
  readonly searchRadiusMeters: number;
  readonly createdAt: Date;
  readonly assignedAt: Date | null;
  readonly arrivedAt: Date | null;
  readonly completedAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly cancelReason: CancelReason;
  readonly escalatedAt: Date | null;
  readonly escalationReason: EscalationReason;
  readonly failedSearches: number;
  readonly firstOfferAt: Date | null;
  readonly version: number;
  readonly openOffers: number;
  readonly responses: readonly ResponseState[];
}

export interface ResponseState {
  readonly volunteerId: string;
  readonly displayName: string;
  readonly distanceMeters: number;
  readonly status: ResponseStatus;
  /** RFC 3339, as PostgreSQL's JSON has it. */
  readonly acceptedAt: string;
  readonly enRouteAt: string | null;
  readonly arrivedAt: string | null;
  readonly completedAt: string | null;
}

/** Of `emergencies e`. Open offers are counted among the emergency's own, so that the index over everybody's open ones is not read through. */
export const EMERGENCY_COLUMNS = `
  e.id, coalesce(e.requester_id::text, '') AS "requesterId", e.latitude, e.longitude, e.accuracy_meters AS "accuracyMeters", e.severity, e.category,
  e.description, e.status, e.responders_needed AS "respondersNeeded", e.search_radius_meters AS "searchRadiusMeters",
  e.created_at AS "createdAt", e.assigned_at AS "assignedAt", e.arrived_at AS "arrivedAt", e.completed_at AS "completedAt",
  e.cancelled_at AS "cancelledAt", e.cancel_reason AS "cancelReason", e.escalated_at AS "escalatedAt",
  e.escalation_reason AS "escalationReason", e.failed_searches AS "failedSearches", e.first_offer_at AS "firstOfferAt", e.version,
  (SELECT count(*) FILTER (WHERE o.status = 1) FROM offers o WHERE o.emergency_id = e.id) AS "openOffers",
  (SELECT coalesce(json_agg(json_build_object(
     'volunteerId', r.volunteer_id, 'displayName', r.display_name, 'distanceMeters', r.distance_meters, 'status', r.status,
     'acceptedAt', r.accepted_at, 'enRouteAt', r.en_route_at, 'arrivedAt', r.arrived_at, 'completedAt', r.completed_at
   ) ORDER BY r.accepted_at), '[]') FROM responses r WHERE r.emergency_id = e.id) AS responses`;

const FIND = prepared('find_emergency', `SELECT ${EMERGENCY_COLUMNS} FROM emergencies e WHERE e.id = $1`);

const FIND_SEVERAL = prepared(
  'find_emergencies',
  `SELECT ${EMERGENCY_COLUMNS} FROM emergencies e WHERE e.id = ANY($1::uuid[])`,
);
const CHANGED = prepared(
  'changed_emergencies',
  `SELECT e.id FROM unnest($1::uuid[], $2::bigint[]) AS known (id, version) JOIN emergencies e USING (id)
   WHERE e.version > known.version`,
);

/** What is read beside the row lock is as it was when the statement began: `stale` when somebody changed it while the lock was waited for. */
const LOCK = prepared(
  'lock_emergency',
  `WITH held AS MATERIALIZED (SELECT id, xmin FROM emergencies WHERE id = $1 FOR UPDATE)
   SELECT clock_timestamp() AS now, held.xmin <> e.xmin AS stale, ${EMERGENCY_COLUMNS}
   FROM held JOIN emergencies e USING (id)`,
);

const LIST_OPEN = prepared(
  'list_open_emergencies',
  `SELECT ${EMERGENCY_COLUMNS} FROM emergencies e
   WHERE e.status <= 3 AND ($1::uuid IS NULL OR e.id < $1) AND ($2::smallint = 0 OR e.severity = $2)
   ORDER BY e.id DESC LIMIT $3`,
);
const LIST_OPEN_OF = prepared(
  'list_open_emergencies_of',
  `SELECT ${EMERGENCY_COLUMNS} FROM emergencies e
   WHERE e.status <= 3 AND ($1::uuid IS NULL OR e.id < $1) AND ($2::smallint = 0 OR e.severity = $2)
     AND e.id IN (
       SELECT id FROM emergencies WHERE requester_id = $4 AND status <= 3
       UNION SELECT emergency_id FROM offers WHERE volunteer_id = $4 AND status = 1
       UNION SELECT emergency_id FROM responses WHERE volunteer_id = $4 AND status <= 3)
   ORDER BY e.id DESC LIMIT $3`,
);

const LIST_OF_REQUESTER = prepared(
  'list_emergencies_of_requester',
  `SELECT ${EMERGENCY_COLUMNS} FROM emergencies e
   WHERE e.requester_id = $1 AND ($2::uuid IS NULL OR e.id > $2) ORDER BY e.id LIMIT $3`,
);

/** Every emergency that a person pressed for, the oldest first. */
export const emergenciesOf = (database: Queryable, requesterId: string, after: string | undefined, limit: number) =>
  database.query<EmergencyState>(LIST_OF_REQUESTER, [requesterId, after ?? null, limit]);

export async function findEmergency(database: Queryable, id: string): Promise<EmergencyState | undefined> {
  const [state] = await database.query<EmergencyState>(FIND, [id]);
  return state;
}

/** An emergency as a transaction leaves it, read with the commit. */
export const findAfter = (tx: Tx, id: string) => tx.queryLater<EmergencyState>(FIND, [id]);

export const findEmergencies = (database: Queryable, ids: readonly string[]) =>
  database.query<EmergencyState>(FIND_SEVERAL, [ids]);

/** Which of these emergencies have a later version than the one known. */
export async function changedSince(database: Queryable, versions: ReadonlyMap<string, number>): Promise<string[]> {
  const rows = await database.query<{ id: string }>(CHANGED, [[...versions.keys()], [...versions.values()]]);
  return rows.map(({ id }) => id);
}

/** Holds an emergency for a transaction; `now` is the database's clock after the wait for it. */
export async function lockEmergency(tx: Tx, id: string): Promise<{ state: EmergencyState; now: Date } | undefined> {
  const [locked] = await tx.query<EmergencyState & { now: Date; stale: boolean }>(LOCK, [id]);
  if (!locked) return undefined;
  const { now, stale, ...seen } = locked;
  const state = stale ? await findEmergency(tx, id) : seen;
  return state && { state, now };
}

export interface OpenFilter {
  readonly after: string | undefined;
  readonly severity: Severity;
  readonly limit: number;
}

/** Open emergencies, the newest first: all of them, or those a person has to do with. */
export const listOpen = (database: Queryable, { after, severity, limit }: OpenFilter, personId?: string) =>
  personId
    ? database.query<EmergencyState>(LIST_OPEN_OF, [after ?? null, severity, limit, personId])
    : database.query<EmergencyState>(LIST_OPEN, [after ?? null, severity, limit]);
