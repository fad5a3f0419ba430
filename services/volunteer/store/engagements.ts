import type { Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** Some volunteers, how many is hidden from the planner: it would plan anew each time to reckon with their number. */
const THESE = 'ANY ((SELECT $1::uuid[])::uuid[])';

/** Serialises changes of the same volunteers, so that each sees what the one before recorded. */
const LOCK = prepared('lock_engagement', `SELECT id FROM volunteers WHERE id = ${THESE} ORDER BY id FOR UPDATE`);

/** The same for whoever is on an emergency as well. */
const LOCK_ALL = prepared(
  'lock_engagements',
  `SELECT id FROM volunteers WHERE id = ${THESE} OR engaged_emergency_id = $2 ORDER BY id FOR UPDATE`,
);

const ACCEPT = prepared(
  'accept_engagement',
  `INSERT INTO engagements (volunteer_id, emergency_id, accepted_at)
   SELECT unnest($1::uuid[]), $2, $3
   ON CONFLICT (volunteer_id, emergency_id)
   DO UPDATE SET accepted_at = greatest(engagements.accepted_at, excluded.accepted_at)`,
);

const END = prepared(
  'end_engagement',
  `INSERT INTO engagements (volunteer_id, emergency_id, ended_at)
   SELECT unnest($1::uuid[]), $2, $3
   ON CONFLICT (volunteer_id, emergency_id)
   DO UPDATE SET ended_at = greatest(engagements.ended_at, excluded.ended_at)`,
);

/** Sets the emergency each volunteer is on by what is recorded, not by the event at hand, which may be an old one. */
const APPLY = prepared(
  'apply_engagement',
  `UPDATE volunteers AS v
   SET engaged_emergency_id = (
     SELECT e.emergency_id FROM engagements AS e
     WHERE e.volunteer_id = v.id AND e.accepted_at IS NOT NULL AND (e.ended_at IS NULL OR e.ended_at < e.accepted_at)
     ORDER BY e.accepted_at DESC LIMIT 1)
   WHERE v.id = ${THESE}`,
);

export interface Engagement {
  readonly emergencyId: string;
  readonly volunteerIds: readonly string[];
  readonly at: Date;
}

/** The volunteers go to the emergency, unless it is known that they have left it since. */
export function beginEngagement(tx: Tx, { emergencyId, volunteerIds, at }: Engagement): void {
  tx.send(LOCK, [volunteerIds]);
  tx.send(ACCEPT, [volunteerIds, emergencyId, at]);
  tx.send(APPLY, [volunteerIds]);
}

/** The volunteers are free of the emergency. */
export function endEngagement(tx: Tx, { emergencyId, volunteerIds, at }: Engagement): void {
  tx.send(LOCK, [volunteerIds]);
  tx.send(END, [volunteerIds, emergencyId, at]);
  tx.send(APPLY, [volunteerIds]);
}

/** Everybody is free of the emergency: those named, and whoever else is on it. */
export async function endEmergency(tx: Tx, { emergencyId, volunteerIds, at }: Engagement): Promise<void> {
  const locked = await tx.query<{ id: string }>(LOCK_ALL, [volunteerIds, emergencyId]);
  const everybody = [...new Set([...volunteerIds, ...locked.map(({ id }) => id)])];
  tx.send(END, [everybody, emergencyId, at]);
  tx.send(APPLY, [everybody]);
}
