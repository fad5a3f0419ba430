import type { CancelReason, EmergencyStatus, EscalationReason } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** What changes about an emergency; what is not given stays. */
export interface Progress {
  readonly status?: EmergencyStatus;
  readonly assignedAt?: Date;
  readonly arrivedAt?: Date;
  readonly completedAt?: Date;
  readonly cancelledAt?: Date;
  readonly cancelReason?: CancelReason;
  /** When dispatch looks at it again; null: never. */
  readonly nextStepAt: Date | null;
}

/** The first time something happened stays. */
const RECORD = prepared(
  'record_progress',
  `UPDATE emergencies SET status = coalesce($2, status), assigned_at = coalesce(assigned_at, $3), arrived_at = coalesce(arrived_at, $4),
     completed_at = coalesce(completed_at, $5), cancelled_at = coalesce(cancelled_at, $6), cancel_reason = coalesce($7, cancel_reason),
     next_step_at = $8, version = version + 1
   WHERE id = $1`,
);

export function recordProgress(tx: Tx, id: string, progress: Progress): void {
  const { status, assignedAt, arrivedAt, completedAt, cancelledAt, cancelReason, nextStepAt } = progress;
  const values = [status, assignedAt, arrivedAt, completedAt, cancelledAt, cancelReason].map((value) => value ?? null);
  tx.send(RECORD, [id, ...values, nextStepAt]);
}

/** What a step of dispatch changes. */
export interface Step {
  readonly radiusMeters: number;
  readonly firstOfferAt: Date | null;
  readonly escalatedAt: Date | null;
  readonly escalationReason: EscalationReason;
  readonly failedSearches: number;
  readonly nextStepAt: Date | null;
  /** Whether somebody who watches sees a difference. */
  readonly visible: boolean;
}

const RECORD_STEP = prepared(
  'record_step',
  `UPDATE emergencies SET search_radius_meters = $2, first_offer_at = coalesce(first_offer_at, $3),
     escalated_at = coalesce(escalated_at, $4), escalation_reason = CASE WHEN escalated_at IS NULL THEN $5 ELSE escalation_reason END,
     failed_searches = $6, next_step_at = $7, version = version + CASE WHEN $8 THEN 1 ELSE 0 END
   WHERE id = $1`,
);

export function recordStep(tx: Tx, id: string, step: Step): void {
  const { radiusMeters, firstOfferAt, escalatedAt, escalationReason, failedSearches, nextStepAt, visible } = step;
  tx.send(RECORD_STEP, [
    id,
    radiusMeters,
    firstOfferAt,
    escalatedAt,
    escalationReason,
    failedSearches,
    nextStepAt,
    visible,
  ]);
}
