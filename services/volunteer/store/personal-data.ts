import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

export interface EngagementRow {
  readonly emergencyId: string;
  readonly acceptedAt: Date | null;
  readonly endedAt: Date | null;
}

const ENGAGEMENTS = prepared(
  'engagements_of_person',
  `SELECT emergency_id AS "emergencyId", accepted_at AS "acceptedAt", ended_at AS "endedAt"
   FROM engagements WHERE volunteer_id = $1 AND ($2::uuid IS NULL OR emergency_id > $2) ORDER BY emergency_id LIMIT $3`,
);

export interface VerificationRow {
  readonly certificationId: string;
  readonly verifiedAt: Date;
}

const VERIFICATIONS = prepared(
  'verifications_by_person',
  `SELECT id AS "certificationId", verified_at AS "verifiedAt"
   FROM certifications WHERE verified_by = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
);

export const engagementsOf = (database: Queryable, personId: string, after: string | undefined, limit: number) =>
  database.query<EngagementRow>(ENGAGEMENTS, [personId, after ?? null, limit]);

/** Certificates of others that a person checked. */
export const verificationsBy = (database: Queryable, personId: string, after: string | undefined, limit: number) =>
  database.query<VerificationRow>(VERIFICATIONS, [personId, after ?? null, limit]);

/** Certificates and position go with the profile. */
const DELETE_PROFILE = prepared('delete_profile', 'DELETE FROM volunteers WHERE id = $1');
const DELETE_ENGAGEMENTS = prepared('delete_engagements', 'DELETE FROM engagements WHERE volunteer_id = $1');
const UNLINK_VERIFIER = prepared(
  'unlink_verifier',
  `WITH checked AS (SELECT id FROM certifications WHERE verified_by = $1 ORDER BY id FOR UPDATE)
   UPDATE certifications SET verified_by = NULL FROM checked WHERE certifications.id = checked.id`,
);

export async function deleteProfile(tx: Tx, personId: string): Promise<void> {
  await tx.query(DELETE_PROFILE, [personId]);
}

export async function deleteEngagements(tx: Tx, personId: string): Promise<void> {
  await tx.query(DELETE_ENGAGEMENTS, [personId]);
}

/** Certificates of others stay verified; who did it is in the audit log. */
export async function unlinkVerifier(tx: Tx, personId: string): Promise<void> {
  await tx.query(UNLINK_VERIFIER, [personId]);
}
