import type { Category, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import { type OutboxEvent, outboxRecord } from '@kreki/runtime/events/outbox';

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
  readonly accuracyMeters: number;
}

export interface Press extends Place {
  readonly id: string;
  readonly requesterId: string;
  readonly requestId: string | undefined;
  readonly severity: Severity;
  readonly category: Category;
  readonly description: string;
  readonly respondersNeeded: number;
  readonly searchRadiusMeters: number;
  readonly receivedAt: Date;
}

/** A press, and the event that tells of it. */
export interface ToldPress {
  readonly press: Press;
  readonly event: OutboxEvent;
  readonly traceparent: string | null;
}

/**
 * New emergencies and their events in one statement, which is one transaction and one round trip. No row: it is a repeat. What the requester has
 * is looked for first, since the conflict alone would wait for whoever changes that; by subqueries, since a join would read all that are open.
 * Several are written in the order of their requesters everywhere, so that no two statements wait for each other.
 */
const INSERT_PRESSES = prepared(
  'insert_presses',
  `WITH given AS (
     SELECT * FROM json_to_recordset($1::json) AS given (id uuid, requester_id uuid, request_id uuid, latitude float8, longitude float8,
       accuracy_meters float8, severity int2, category int2, description text, responders_needed int2, search_radius_meters float8,
       received_at timestamptz, traceparent text, event_id uuid, subject text, payload text, headers jsonb)
   ), pressed AS (
     INSERT INTO emergencies (id, requester_id, request_id, latitude, longitude, accuracy_meters, severity, category, description,
       responders_needed, search_radius_meters, received_at, next_step_at, traceparent)
     SELECT id, requester_id, request_id, latitude, longitude, accuracy_meters, severity, category, description, responders_needed,
       search_radius_meters, received_at, now(), traceparent
     FROM given
     WHERE (SELECT own.id FROM emergencies own WHERE own.requester_id = given.requester_id AND own.status <= 3) IS NULL
       AND (SELECT own.id FROM emergencies own WHERE own.requester_id = given.requester_id AND own.request_id = given.request_id) IS NULL
     ORDER BY requester_id
     ON CONFLICT DO NOTHING
     RETURNING id, created_at
   ), told AS (
     INSERT INTO outbox (id, subject, aggregate_id, payload, headers)
     SELECT event_id, subject, id, decode(payload, 'base64'), headers FROM given JOIN pressed USING (id)
   )
   SELECT id, created_at AS "createdAt" FROM pressed`,
);

const FIND_REPEATED = prepared(
  'find_repeated_press',
  `SELECT id, (request_id = $2) IS TRUE AS "sameRequest" FROM emergencies
   WHERE requester_id = $1 AND (request_id = $2 OR status <= 3)
   ORDER BY "sameRequest" DESC LIMIT 1`,
);

/** Who is near is looked for again from the new place, while somebody is sought at all. */
const MOVE = prepared(
  'move_emergency',
  `WITH before AS (SELECT id, location FROM emergencies WHERE id = $1)
   UPDATE emergencies e SET latitude = $2, longitude = $3, accuracy_meters = $4, version = version + 1,
     next_step_at = least(next_step_at, CASE WHEN next_step_at IS NOT NULL THEN now() END)
   FROM before
   WHERE e.id = before.id AND status <= 3 AND (latitude, longitude, accuracy_meters) IS DISTINCT FROM ($2, $3, $4)
   RETURNING ST_Distance(before.location, e.location) AS "distanceMeters"`,
);

/** When the emergencies were made, by their ids; those are missing that repeat an earlier press. */
export async function insertPresses(database: Queryable, presses: readonly ToldPress[]): Promise<Map<string, Date>> {
  const rows = await database.query<{ id: string; createdAt: Date }>(INSERT_PRESSES, [
    JSON.stringify(presses.map(rowOf)),
  ]);
  return new Map(rows.map(({ id, createdAt }) => [id, createdAt]));
}

const rowOf = ({ press, event, traceparent }: ToldPress) => ({
  id: press.id,
  requester_id: press.requesterId,
  request_id: press.requestId,
  latitude: press.latitude,
  longitude: press.longitude,
  accuracy_meters: press.accuracyMeters,
  severity: press.severity,
  category: press.category,
  description: press.description,
  responders_needed: press.respondersNeeded,
  search_radius_meters: press.searchRadiusMeters,
  received_at: press.receivedAt,
  traceparent,
  ...outboxRecord(event),
});

export interface Repeated {
  readonly id: string;
  /** Whether it has the press's request id, rather than being what the requester has open. */
  readonly sameRequest: boolean;
}

/** The emergency that a press repeats: the one with its request id, else the requester's open one. */
export async function findRepeated(database: Queryable, press: Press): Promise<Repeated | undefined> {
  const [row] = await database.query<Repeated>(FIND_REPEATED, [press.requesterId, press.requestId ?? null]);
  return row;
}

/** How far the emergency was from there; 0 when it is closed, and stays where it was. */
export async function moveEmergency(
  tx: Tx,
  id: string,
  { latitude, longitude, accuracyMeters }: Place,
): Promise<number> {
  const [moved] = await tx.query<{ distanceMeters: number }>(MOVE, [id, latitude, longitude, accuracyMeters]);
  return moved?.distanceMeters ?? 0;
}
