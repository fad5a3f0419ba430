import type { DutyStatus } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import type { Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import { dutyMinutes, type Period } from '../availability/schedule.ts';

export interface AvailabilityRow {
  readonly schedule: readonly Period[];
  readonly time_zone: string;
  readonly on_duty: boolean;
  /** The transaction's clock, by which `on_duty` was told. */
  readonly at: Date;
}

const LOCK = prepared(
  'lock_availability',
  `SELECT schedule, time_zone, takes_offers(duty_status, duty_minutes, off_until, time_zone, now()) AS on_duty, now() AS at
   FROM volunteers WHERE id = $1 FOR UPDATE`,
);

/** Reads a volunteer's availability and keeps others from changing it until the transaction ends. */
export async function lockAvailability(tx: Tx, id: string): Promise<AvailabilityRow | undefined> {
  const [row] = await tx.query<AvailabilityRow>(LOCK, [id]);
  return row;
}

export interface Availability {
  readonly dutyStatus: DutyStatus;
  readonly schedule: readonly Period[];
  /** Until when the schedule does not count. */
  readonly offUntil: Date | undefined;
}

const UPDATE = prepared(
  'update_availability',
  `UPDATE volunteers
   SET duty_status = $2, schedule = $3::jsonb, duty_minutes = $4::int4multirange, off_until = $5, version = version + 1
   WHERE id = $1
   RETURNING takes_offers(duty_status, duty_minutes, off_until, time_zone, now()) AS on_duty`,
);

/** @returns whether offers are taken now */
export async function updateAvailability(tx: Tx, id: string, availability: Availability): Promise<boolean> {
  const { dutyStatus, schedule, offUntil } = availability;
  const values = [id, dutyStatus, JSON.stringify(schedule), dutyMinutes(schedule), offUntil ?? null];
  const [row] = await tx.query<{ on_duty: boolean }>(UPDATE, values);
  return row?.on_duty ?? false;
}
