import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { DecisionRow } from './dispatch.ts';
import type { ResponseState } from './emergencies.ts';
import type { OfferRow } from './offers.ts';

/** A row with the emergency it belongs to. */
type Of<Row> = Row & { readonly emergencyId: string };

const OFFERS = prepared(
  'offers_to_person',
  `SELECT id, emergency_id AS "emergencyId", volunteer_id AS "volunteerId", display_name AS "displayName", status,
     distance_meters AS "distanceMeters", offered_at AS "offeredAt", expires_at AS "expiresAt", closed_at AS "closedAt",
     close_reason AS "closeReason"
   FROM offers WHERE volunteer_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
);
const RESPONSES = prepared(
  'responses_of_person',
  `SELECT emergency_id AS "emergencyId", volunteer_id AS "volunteerId", display_name AS "displayName", status,
     distance_meters AS "distanceMeters", accepted_at AS "acceptedAt", en_route_at AS "enRouteAt", arrived_at AS "arrivedAt",
     completed_at AS "completedAt"
   FROM responses WHERE volunteer_id = $1 AND ($2::uuid IS NULL OR emergency_id > $2) ORDER BY emergency_id LIMIT $3`,
);
const DECISIONS = prepared(
  'decisions_on_person',
  `SELECT seq, emergency_id AS "emergencyId", decided_at AS "decidedAt", action, volunteer_id AS "volunteerId",
     distance_meters AS "distanceMeters", radius_meters AS "radiusMeters", reason
   FROM dispatch_decisions WHERE volunteer_id = $1 AND ($2::bigint IS NULL OR seq > $2) ORDER BY seq LIMIT $3`,
);
const COORDINATED = prepared(
  'regencies_of_person',
  'SELECT r.code, r.name FROM coordinators c JOIN regencies r ON r.code = c.regency_code WHERE c.user_id = $1 ORDER BY r.code',
);

export const offersToPerson = (database: Queryable, personId: string, after: string | undefined, limit: number) =>
  database.query<Of<OfferRow>>(OFFERS, [personId, after ?? null, limit]);

export const responsesOf = (database: Queryable, personId: string, after: string | undefined, limit: number) =>
  database.query<Of<ResponseState>>(RESPONSES, [personId, after ?? null, limit]);

export const decisionsOn = (database: Queryable, personId: string, after: number | undefined, limit: number) =>
  database.query<Of<DecisionRow>>(DECISIONS, [personId, after ?? null, limit]);

export const regenciesOf = (database: Queryable, personId: string) =>
  database.query<{ code: string; name: string }>(COORDINATED, [personId]);

const ENGAGED = prepared(
  'engaged_person',
  `SELECT (SELECT id FROM emergencies WHERE requester_id = $1 AND status <= 3) AS "open",
     (SELECT emergency_id FROM responses WHERE volunteer_id = $1 AND status <= 3) AS "responding"`,
);

/** The open emergency of a person, and the one they respond to. */
export async function engagementsOf(
  tx: Queryable,
  personId: string,
): Promise<{ open: string | null; responding: string | null }> {
  const [row] = await tx.query<{ open: string | null; responding: string | null }>(ENGAGED, [personId]);
  return row ?? { open: null, responding: null };
}

const ASKED = prepared(
  'emergencies_asking_person',
  'SELECT emergency_id AS "emergencyId" FROM offers WHERE volunteer_id = $1 AND status = 1 ORDER BY emergency_id',
);

/** Emergencies that wait for an answer of a person, in the order in which several are locked. */
export async function emergenciesAsking(tx: Tx, personId: string): Promise<string[]> {
  const rows = await tx.query<{ emergencyId: string }>(ASKED, [personId]);
  return rows.map(({ emergencyId }) => emergencyId);
}

/** The place stays as roughly as those who were offered the emergency saw it. */
const UNLINK_REQUESTER = prepared(
  'unlink_requester',
  `UPDATE emergencies SET requester_id = NULL, request_id = NULL, description = '', accuracy_meters = 500,
     latitude = round((round(latitude / $2) * $2)::numeric, 4), longitude = round((round(longitude / $2) * $2)::numeric, 4)
   WHERE requester_id = $1 AND status > 3`,
);

/** Takes the person who pressed out of their closed emergencies. */
export async function unlinkRequester(tx: Tx, personId: string, gridDegrees: number): Promise<void> {
  await tx.query(UNLINK_REQUESTER, [personId, gridDegrees]);
}

/** Another id for each emergency, so that what is left of a person in one does not lead to another. */
const UNLINK_VOLUNTEER = prepared(
  'unlink_volunteer',
  `WITH concerned AS (
     SELECT emergency_id, gen_random_uuid() AS pseudonym
     FROM (
       SELECT emergency_id FROM offers WHERE volunteer_id = $1
       UNION SELECT emergency_id FROM responses WHERE volunteer_id = $1
       UNION SELECT emergency_id FROM dispatch_decisions WHERE volunteer_id = $1
       EXCEPT SELECT emergency_id FROM offers WHERE volunteer_id = $1 AND status = 1
       EXCEPT SELECT emergency_id FROM responses WHERE volunteer_id = $1 AND status <= 3
     ) AS emergency
   ), offered AS (
     UPDATE offers SET volunteer_id = pseudonym, display_name = '' FROM concerned
     WHERE offers.emergency_id = concerned.emergency_id AND volunteer_id = $1
   ), responded AS (
     UPDATE responses SET volunteer_id = pseudonym, display_name = '' FROM concerned
     WHERE responses.emergency_id = concerned.emergency_id AND volunteer_id = $1
   )
   UPDATE dispatch_decisions SET volunteer_id = pseudonym FROM concerned
   WHERE dispatch_decisions.emergency_id = concerned.emergency_id AND volunteer_id = $1`,
);
const UNLINK_COORDINATOR = prepared('unlink_coordinator', 'DELETE FROM coordinators WHERE user_id = $1');

/** Takes a volunteer out of the emergencies they were asked to and came to. */
export async function unlinkVolunteer(tx: Tx, personId: string): Promise<void> {
  await tx.query(UNLINK_VOLUNTEER, [personId]);
}

export async function unlinkCoordinator(tx: Tx, personId: string): Promise<void> {
  await tx.query(UNLINK_COORDINATOR, [personId]);
}
