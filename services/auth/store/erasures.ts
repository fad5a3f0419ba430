import type { Database, Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

const INSERT = prepared(
  'erasures_insert',
  `INSERT INTO erasures (id, user_id, reference, final_pass_time) VALUES ($1, $2, $3, now() + $4 * interval '1 ms')`,
);
const INSERT_STEPS = prepared(
  'erasure_steps_insert',
  `INSERT INTO erasure_steps (erasure_id, service, pass, due_time)
   SELECT $1, service, pass, now() + CASE WHEN pass = 2 THEN $3 * interval '1 ms' ELSE interval '0' END
   FROM unnest($2::text[]) AS service, generate_series(1, 2) AS pass`,
);
const OF_USER = prepared('erasures_of_user', 'SELECT id FROM erasures WHERE user_id = $1');

export interface NewErasure {
  readonly id: string;
  readonly userId: string;
  readonly reference: string;
  /** Services that have to let go. */
  readonly services: readonly string[];
  /** After this long each is asked again. */
  readonly finalPassMs: number;
}

export async function insertErasure(tx: Tx, erasure: NewErasure): Promise<void> {
  const { id, userId, reference, services, finalPassMs } = erasure;
  await tx.query(INSERT, [id, userId, reference, finalPassMs]);
  await tx.query(INSERT_STEPS, [id, services, finalPassMs]);
}

/** The erasure of an account that is gone. */
export async function erasureOf(database: Queryable, userId: string): Promise<string | undefined> {
  return (await database.query<{ id: string }>(OF_USER, [userId]))[0]?.id;
}

/** One service that is to let go of one person, leased to this process. */
export interface ClaimedStep {
  readonly erasureId: string;
  readonly userId: string;
  readonly service: string;
  readonly pass: number;
  /** 1 for the first. */
  readonly attempts: number;
}

/** The second pass of a service follows its first. */
const CLAIM = prepared(
  'erasure_steps_claim',
  `UPDATE erasure_steps AS step SET due_time = now() + $2 * interval '1 ms', attempts = attempts + 1
   FROM (
     SELECT due.erasure_id, due.service, due.pass FROM erasure_steps AS due
     WHERE due.done_time IS NULL AND due.due_time <= now()
       AND NOT EXISTS (
         SELECT FROM erasure_steps AS earlier
         WHERE earlier.erasure_id = due.erasure_id AND earlier.service = due.service AND earlier.pass < due.pass
           AND earlier.done_time IS NULL)
     ORDER BY due.due_time LIMIT $1 FOR UPDATE SKIP LOCKED
   ) AS claimed, erasures
   WHERE (step.erasure_id, step.service, step.pass) = (claimed.erasure_id, claimed.service, claimed.pass)
     AND erasures.id = step.erasure_id
   RETURNING step.erasure_id AS "erasureId", erasures.user_id AS "userId", step.service, step.pass, step.attempts`,
);

/** Takes steps that are due; one whose process dies is due again when the lease ends. */
export const claimSteps = (database: Queryable, limit: number, leaseMs: number): Promise<ClaimedStep[]> =>
  database.query<ClaimedStep>(CLAIM, [limit, leaseMs]);

const HOLD = prepared('erasures_hold', 'SELECT FROM erasures WHERE id = $1 FOR UPDATE');
const DONE = prepared(
  'erasure_steps_done',
  `UPDATE erasure_steps SET done_time = now(), waits_for = ''
   WHERE erasure_id = $1 AND service = $2 AND pass = $3 AND done_time IS NULL`,
);
const COMPLETE = prepared(
  'erasures_complete',
  `UPDATE erasures SET complete_time = now()
   WHERE id = $1 AND complete_time IS NULL
     AND NOT EXISTS (SELECT FROM erasure_steps WHERE erasure_id = $1 AND done_time IS NULL)`,
);

/** Notes that a service has let go, and with the last one that the erasure is complete. */
export async function finishStep(database: Database, { erasureId, service, pass }: ClaimedStep): Promise<void> {
  await database.transaction(async (tx) => {
    // Two services that finish at once would each see the other unfinished.
    await tx.query(HOLD, [erasureId]);
    await tx.query(DONE, [erasureId, service, pass]);
    await tx.query(COMPLETE, [erasureId]);
  });
}

const POSTPONE = prepared(
  'erasure_steps_postpone',
  `UPDATE erasure_steps SET due_time = now() + $4 * interval '1 ms', waits_for = $5
   WHERE erasure_id = $1 AND service = $2 AND pass = $3 AND done_time IS NULL`,
);

/** Has a step tried again later, and says why. */
export async function postponeStep(
  database: Queryable,
  { erasureId, service, pass }: ClaimedStep,
  afterMs: number,
  waitsFor: string,
): Promise<void> {
  await database.query(POSTPONE, [erasureId, service, pass, afterMs, waitsFor]);
}
