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
}

/** An offer, and whether its volunteer responds to another emergency. */
export interface DispatchedOffer extends OfferRow {
  readonly respondsElsewhere: boolean;
}

const COLUMNS = `
  o.id, o.volunteer_id AS "volunteerId", o.display_name AS "displayName", o.status, o.distance_meters AS "distanceMeters",
  o.offered_at AS "offeredAt", o.expires_at AS "expiresAt", o.closed_at AS "closedAt"`;

const OF_EMERGENCY = prepared(
  'offers_of_emergency',
  `SELECT ${COLUMNS}, o.status = 1 AND EXISTS (
     SELECT FROM responses r WHERE r.volunteer_id = o.volunteer_id AND r.status <= 3 AND r.emergency_id <> $1
   ) AS "respondsElsewhere"
   FROM offers o WHERE o.emergency_id = $1 ORDER BY o.id`,
);
const OF_VOLUNTEER = prepared(
  'offer_of_volunteer',
  `SELECT ${COLUMNS} FROM offers o WHERE emergency_id = $1 AND volunteer_id = $2`,
);
const OF_VOLUNTEER_IN = prepared(
  'offers_of_volunteer_in',
  `SELECT ${COLUMNS}, o.emergency_id AS "emergencyId" FROM offers o WHERE volunteer_id = $1 AND emergency_id = ANY($2::uuid[])`,
);
const INSERT = prepared(
  'insert_offers',
  `INSERT INTO offers (id, emergency_id, volunteer_id, display_name, distance_meters, offered_at, expires_at)
   SELECT id, $1, volunteer_id, display_name, distance_meters, $6, $7
   FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::float8[]) AS offer (id, volunteer_id, display_name, distance_meters)`,
);
const CLOSE = prepared(
  'close_offers',
  `UPDATE offers o SET status = $2, closed_at = $3 WHERE id = ANY($1::uuid[]) AND status = 1 RETURNING ${COLUMNS}`,
);
const WITHDRAW_ALL = prepared(
  'withdraw_offers',
  `UPDATE offers o SET status = 5, closed_at = $2 WHERE emergency_id = $1 AND status = 1 RETURNING ${COLUMNS}`,
);
const LOOK_AGAIN = prepared(
  'look_again',
  `UPDATE emergencies SET next_step_at = now()
   WHERE next_step_at IS NOT NULL AND id IN (SELECT emergency_id FROM offers WHERE volunteer_id = $1 AND status = 1)`,
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

export async function insertOffers(
  tx: Tx,
  emergencyId: string,
  offers: readonly NewOffer[],
  times: { readonly offeredAt: Date; readonly expiresAt: Date },
): Promise<void> {
  if (offers.length === 0) return;
  await tx.query(INSERT, [
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
export async function closeOffers(tx: Tx, ids: readonly string[], status: OfferStatus, at: Date): Promise<OfferRow[]> {
  return ids.length === 0 ? [] : tx.query<OfferRow>(CLOSE, [ids, status, at]);
}

/** Withdraws every open offer of an emergency, and says which they were. */
export const withdrawOffers = (tx: Tx, emergencyId: string, at: Date) =>
  tx.query<OfferRow>(WITHDRAW_ALL, [emergencyId, at]);

/** Makes dispatch look at the other emergencies that wait for a volunteer who has just accepted one. */
export const lookAgainForOthers = (database: Queryable, volunteerId: string) =>
  database.query(LOOK_AGAIN, [volunteerId]);
