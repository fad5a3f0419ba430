import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AvailabilityChangedSchema } from '@kreki/gen/kreki/volunteer/v1/volunteer_events_pb.js';
import { DutyStatus } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { personOf } from '@kreki/runtime/caller';
import { event } from '@kreki/runtime/events/outbox';
import { endOfPeriod, type Period } from '../availability/schedule.ts';
import type { Context } from '../context.ts';
import { noProfile } from '../profiles/refusals.ts';
import { lockAvailability, updateAvailability } from '../store/availability.ts';
import { loadProfile } from '../store/profiles.ts';
import type { Rpc } from './rpc.ts';

/** Who goes off duty within scheduled hours is left alone until they end; a schedule set just now counts at once. */
export const setAvailability =
  (context: Context): Rpc<'setAvailability'> =>
  async ({ dutyStatus, schedule, replaceSchedule }, call) => {
    const { database, outbox } = context;
    const id = personOf(call).userId;
    await database.transaction(async (tx) => {
      const before = await lockAvailability(tx, id);
      if (!before) throw noProfile();
      const periods = replaceSchedule ? schedule.map(periodOf) : before.schedule;
      const suspends = dutyStatus === DutyStatus.OFF_DUTY && !replaceSchedule;
      const offUntil = suspends ? endOfPeriod(periods, before.at, before.time_zone) : undefined;
      const onDuty = await updateAvailability(tx, id, { dutyStatus, schedule: periods, offUntil });
      if (onDuty === before.on_duty) return;
      const statusNow = onDuty ? DutyStatus.ON_DUTY : DutyStatus.OFF_DUTY;
      const change = { volunteerId: id, dutyStatus: statusNow, changeTime: timestampFromDate(before.at) };
      await outbox.append(tx, [event(AvailabilityChangedSchema, change, id)]);
    });
    outbox.wake();
    return { volunteer: await loadProfile(context, id) };
  };

const periodOf = ({ dayOfWeek, startMinute, endMinute }: Period): Period => ({ dayOfWeek, startMinute, endMinute });
