import type { OfferStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

export interface OfferRow {
  readonly id: string;
  readonly volunteerId: string;
  readonly displayName: string;
  readonly status: OfferStatus;
  readonly distanceMeters: number;
  readonly offeredAt: Date;
  readonly expiresAt: Date;
  readonly closedAt: Date | null;
  readonly closeReason: CloseReason | null;
}

/** Why an offer ended without an acceptance, as the record of dispatch has it. */
export type CloseReason =
  | 'DECLINED'
  | 'NO_ANSWER'
  | 'RESPONDS_ELSEWHERE'
  | 'NO_LONGER_ELIGIBLE'
  | 'RESPONDERS_FILLED'
  | 'EMERGENCY_CLOSED';

/** An offer, and whether its volunteer responds to another emergency. */
export interface DispatchedOffer extends OfferRow {
  readonly respondsElsewhere: boolean;
}

const COLUMNS = `
  o.id, o.volunteer_id AS "volunteerId", o.display_name AS "displayName", o.status, o.distance_meters AS "distanceMeters",
  o.offered_at AS "offeredAt", o.expires_at AS "expiresAt", o.closed_at AS "closedAt",
  o.close_reason AS "closeReason"`;

/** An offer that is found by something else: with `=` the index over everybody's open offers, by volunteer, would be read through for it. */
const IS_OPEN = 'o.status IS NOT DISTINCT FROM 1';

const OF_EMERGENCY = prepared(
  'offers_of_emergency',
  `SELECT ${COLUMNS}, o.status = 1 AND EXISTS (
     SELECT FROM responses r WHERE r.volunteer_id = o.volunteer_id AND r.status <= 3 AND r.emergency_id <> $1
   ) AS "respondsElsewhere"
   FROM offers o WHERE o.emergency_id = $1 ORDER BY o.id`,
);
const OF_VOLUNTEER = prepared(
  'offer_of_volunteer',
  `SELECT ${COLUMNS} FROM offers o WHERE emergency_id = $1 AND volunteer_id = $2 ORDER BY id DESC LIMIT 1`,
);
const OF_VOLUNTEER_IN = prepared(
  'offers_of_volunteer_in',
  `SELECT DISTINCT ON (emergency_id) ${COLUMNS}, o.emergency_id AS "emergencyId"
   FROM offers o WHERE volunteer_id = $1 AND emergency_id = ANY($2::uuid[]) ORDER BY emergency_id, id DESC`,
);
const INSERT = prepared(
  'insert_offers',
  `INSERT INTO offers (id, emergency_id, volunteer_id, display_name, distance_meters, offered_at, expires_at)
   SELECT id, $1, volunteer_id, display_name, distance_meters, $6, $7
   FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::float8[]) AS offer (id, volunteer_id, display_name, distance_meters)`,
);
const CLOSE = prepared(
  'close_offers',
  `UPDATE offers o SET status = $3, closed_at = $4, close_reason = closing.reason
   FROM unnest($1::uuid[], $2::text[]) AS closing (id, reason) WHERE o.id = closing.id AND ${IS_OPEN} RETURNING ${COLUMNS}`,
);
const WITHDRAW_ALL = prepared(
  'withdraw_offers',
  `UPDATE offers o SET status = 5, closed_at = $2, close_reason = $3 WHERE emergency_id = $1 AND ${IS_OPEN}
   RETURNING ${COLUMNS}`,
);
const LOOK_AGAIN = prepared(
  'look_again',
  `UPDATE emergencies SET next_step_at = now() WHERE id IN (
     SELECT e.id FROM offers o JOIN emergencies e ON e.id = o.emergency_id
     WHERE o.volunteer_id = $1 AND o.status = 1 AND e.next_step_at IS NOT NULL FOR UPDATE OF e SKIP LOCKED)`,
);

export const offersOf = (database: Queryable, emergencyId: string) =>
  database.query<DispatchedOffer>(OF_EMERGENCY, [emergencyId]);

export async function offerTo(
  database: Queryable,
  emergencyId: string,
  volunteerId: string,
): Promise<OfferRow | undefined> {
  const [offer] = await database.query<OfferRow>(OF_VOLUNTEER, [emergencyId, volunteerId]);
  return offer;
}

/** A volunteer's own offers in some emergencies, by emergency. */
export async function offersTo(database: Queryable, volunteerId: string, emergencyIds: readonly string[]) {
  const rows = await database.query<OfferRow & { emergencyId: string }>(OF_VOLUNTEER_IN, [volunteerId, emergencyIds]);
  return new Map(rows.map((row) => [row.emergencyId, row]));
}

export type NewOffer = Pick<OfferRow, 'id' | 'volunteerId' | 'displayName' | 'distanceMeters'>;

export function insertOffers(
  tx: Tx,
  emergencyId: string,
  offers: readonly NewOffer[],
  times: { readonly offeredAt: Date; readonly expiresAt: Date },
): void {
  if (offers.length === 0) return;
  tx.send(INSERT, [
    emergencyId,
    offers.map(({ id }) => id),
    offers.map(({ volunteerId }) => volunteerId),
    offers.map(({ displayName }) => displayName),
    offers.map(({ distanceMeters }) => distanceMeters),
    times.offeredAt,
    times.expiresAt,
  ]);
}

/** Closes those of the offers that are still open, and says which they were. */
export async function closeOffers(
  tx: Tx,
  offers: readonly { readonly id: string; readonly reason: CloseReason }[],
  status: OfferStatus,
  at: Date,
): Promise<OfferRow[]> {
  if (offers.length === 0) return [];
  return tx.query<OfferRow>(CLOSE, [offers.map(({ id }) => id), offers.map(({ reason }) => reason), status, at]);
}

/** Withdraws every open offer of an emergency, and says which they were. */
export const withdrawOffers = (tx: Tx, emergencyId: string, reason: CloseReason, at: Date) =>
  tx.query<OfferRow>(WITHDRAW_ALL, [emergencyId, at, reason]);

/**
 * Makes dispatch look at the other emergencies that wait for a volunteer who has just accepted one. One that is being changed is left out, since
 * waiting for it could be for each other; its next check finds the volunteer gone.
 */
export const lookAgainForOthers = (tx: Tx, volunteerId: string): void => tx.send(LOOK_AGAIN, [volunteerId]);
