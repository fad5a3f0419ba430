import type { Category, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import { type OutboxEvent, outboxValues } from '@kreki/runtime/events/outbox';
import { traceparent } from '@kreki/runtime/trace';

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

/** A new emergency and its event in one statement, which is one transaction and one round trip. No row: it is a repeat. */
export const INSERT_PRESS = prepared(
  'insert_press',
  `WITH pressed AS (
     INSERT INTO emergencies (id, requester_id, request_id, latitude, longitude, accuracy_meters, severity, category, description,
       responders_needed, search_radius_meters, received_at, next_step_at, traceparent)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now(), $18)
     ON CONFLICT DO NOTHING
     RETURNING created_at
   ), told AS (
     INSERT INTO outbox (id, subject, aggregate_id, payload, headers)
     SELECT $13, $14, $15, $16, $17 FROM pressed
   )
   SELECT created_at AS "createdAt" FROM pressed`,
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

/** When the emergency was made; undefined when the press repeats an earlier one. */
export async function insertPress(database: Queryable, press: Press, event: OutboxEvent): Promise<Date | undefined> {
  const [row] = await database.query<{ createdAt: Date }>(INSERT_PRESS, [
    press.id,
    press.requesterId,
    press.requestId ?? null,
    press.latitude,
    press.longitude,
    press.accuracyMeters,
    press.severity,
    press.category,
    press.description,
    press.respondersNeeded,
    press.searchRadiusMeters,
    press.receivedAt,
    ...outboxValues(event),
    traceparent(),
  ]);
  return row?.createdAt;
}

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
