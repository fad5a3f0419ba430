import type { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** No row when the volunteer already responds to an emergency: a unique index says so whatever happens at the same time. */
const ACCEPT = prepared(
  'accept_offer',
  `WITH response AS (
     INSERT INTO responses (emergency_id, volunteer_id, display_name, distance_meters, accepted_at)
     SELECT emergency_id, volunteer_id, display_name, distance_meters, $2 FROM offers WHERE id = $1
     ON CONFLICT DO NOTHING RETURNING volunteer_id
   )
   UPDATE offers SET status = 2, closed_at = $2 WHERE id = $1 AND EXISTS (SELECT FROM response) RETURNING id`,
);
const UPDATE = prepared(
  'update_response',
  `UPDATE responses SET status = $3::smallint,
     en_route_at = CASE WHEN $3 = 2 THEN $4 ELSE en_route_at END,
     arrived_at = CASE WHEN $3 = 3 THEN $4 ELSE arrived_at END,
     completed_at = CASE WHEN $3 = 4 THEN $4 ELSE completed_at END
   WHERE emergency_id = $1 AND volunteer_id = $2`,
);
const CLOSE_ALL = prepared(
  'close_responses',
  `UPDATE responses SET status = $2::smallint, completed_at = $3
   WHERE emergency_id = $1 AND status NOT IN (4, 5) RETURNING volunteer_id AS "volunteerId"`,
);
const RESPONDING = prepared(
  'responding_volunteers',
  'SELECT volunteer_id AS "volunteerId" FROM responses WHERE volunteer_id = ANY($1::uuid[]) AND status <= 3',
);

/** Takes up an open offer; whether its volunteer was free to take it. */
export const acceptOffer = async (tx: Tx, offerId: string, at: Date): Promise<boolean> =>
  (await tx.query(ACCEPT, [offerId, at])).length > 0;

export const updateResponse = (
  tx: Tx,
  emergencyId: string,
  volunteerId: string,
  status: ResponseStatus,
  at: Date,
): void => tx.send(UPDATE, [emergencyId, volunteerId, status, at]);

/**
 * Ends every active response of an emergency; the ids of their volunteers. They get a time of completion, which those who withdrew by
 * themselves have not, and so still may look at what they responded to.
 */
export async function closeResponses(
  tx: Tx,
  emergencyId: string,
  status: ResponseStatus.COMPLETED | ResponseStatus.WITHDRAWN,
  at: Date,
): Promise<string[]> {
  const rows = await tx.query<{ volunteerId: string }>(CLOSE_ALL, [emergencyId, status, at]);
  return rows.map(({ volunteerId }) => volunteerId);
}

/** Which of these volunteers respond to an emergency now. */
export async function respondingAmong(database: Queryable, volunteerIds: readonly string[]): Promise<Set<string>> {
  if (volunteerIds.length === 0) return new Set();
  const rows = await database.query<{ volunteerId: string }>(RESPONDING, [volunteerIds]);
  return new Set(rows.map(({ volunteerId }) => volunteerId));
}
