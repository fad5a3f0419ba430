import type { Tx } from '@kreki/runtime/database/database';
import { sqlState } from '@kreki/runtime/database/errors';
import { prepared } from '@kreki/runtime/database/sql';

export interface NewCertification {
  readonly id: string;
  readonly volunteerId: string;
  readonly skill: number;
  readonly issuer: string;
  readonly number: string;
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly requestId: string | undefined;
}

/** Nothing is written for a volunteer that does not exist, nor for a number or a request known already. */
const INSERT = prepared(
  'insert_certification',
  `WITH volunteer AS (UPDATE volunteers SET version = version + 1 WHERE id = $2 RETURNING id)
   INSERT INTO certifications (id, volunteer_id, skill, issuer, number, valid_from, valid_until, request_id)
   SELECT $1, id, $3, $4, $5, $6, $7, $8 FROM volunteer
   ON CONFLICT DO NOTHING RETURNING id`,
);

/** @returns whether it was added */
export async function insertCertification(tx: Tx, certification: NewCertification): Promise<boolean> {
  const { id, volunteerId, skill, issuer, number, validFrom, validUntil, requestId } = certification;
  const values = [id, volunteerId, skill, issuer, number, validFrom, validUntil, requestId ?? null];
  return (await tx.query(INSERT, values)).length > 0;
}

export interface CheckedRow {
  readonly skill: number;
  readonly checked_at: Date;
}

/** Nothing changes when the check found the same before. */
const CHECK = prepared(
  'check_certification',
  `UPDATE certifications SET verified = $3, verified_by = $4, verified_at = now()
   WHERE id = $1 AND volunteer_id = $2 AND (verified_at IS NULL OR verified <> $3)
   RETURNING skill, verified_at AS checked_at`,
);

const CHECKED_VOLUNTEER = prepared(
  'certification_checked',
  'UPDATE volunteers SET verified = verified OR $2, version = version + 1 WHERE id = $1',
);

/**
 * Records what the check of a certificate found; the first genuine one verifies the volunteer.
 * @returns undefined when there is no such certificate, or nothing changed
 */
export async function checkCertification(
  tx: Tx,
  { id, volunteerId, genuine, checkedBy }: { id: string; volunteerId: string; genuine: boolean; checkedBy: string },
): Promise<CheckedRow | undefined> {
  const [row] = await tx.query<CheckedRow>(CHECK, [id, volunteerId, genuine, checkedBy]);
  if (row) await tx.query(CHECKED_VOLUNTEER, [volunteerId, genuine]);
  return row;
}

const UNIQUE_VIOLATION = '23505';

/** Whether a write failed because another certificate has the issuer's number. */
export const isNumberTaken = (error: unknown): boolean => sqlState(error) === UNIQUE_VIOLATION;
