import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DutyStatus, Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import fc from 'fast-check';
import { dutyMinutes, endOfPeriod, type Period } from '../availability/schedule.ts';
import { monas, refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('schedule');
});
after(() => w?.mesh.stop());

const TAKES_OFFERS = 'SELECT takes_offers(1::smallint, $1::int4multirange, NULL, $2, $3) AS on_duty';

async function onDuty(periods: readonly Period[], timeZone: string, at: string): Promise<boolean> {
  const { rows } = await w.pool.query(TAKES_OFFERS, [dutyMinutes(periods), timeZone, at]);
  return rows[0].on_duty;
}

/** Friday 22:00 to Saturday 06:00. */
const night: Period = { dayOfWeek: 5, startMinute: 1_320, endMinute: 360 };
/** Sunday 20:00 to Monday 04:00. */
const weekEnd: Period = { dayOfWeek: 7, startMinute: 1_200, endMinute: 240 };

const moments: readonly (readonly [string, Period, string, string, boolean])[] = [
  ['before an overnight period begins', night, 'Asia/Jakarta', '2026-11-20T21:59:59+07:00', false],
  ['as it begins', night, 'Asia/Jakarta', '2026-11-20T22:00:00+07:00', true],
  ['after its midnight', night, 'Asia/Jakarta', '2026-11-21T00:30:00+07:00', true],
  ['in its last minute', night, 'Asia/Jakarta', '2026-11-21T05:59:59+07:00', true],
  ['as it ends', night, 'Asia/Jakarta', '2026-11-21T06:00:00+07:00', false],
  ['on the morning before it', night, 'Asia/Jakarta', '2026-11-20T05:00:00+07:00', false],
  ['on a Monday morning, of a period begun on Sunday', weekEnd, 'Asia/Jakarta', '2026-11-23T03:59:00+07:00', true],
  ['on a Monday morning after it', weekEnd, 'Asia/Jakarta', '2026-11-23T04:00:00+07:00', false],
  ['at the hour of another zone, two hours ahead', night, 'Asia/Jayapura', '2026-11-20T20:30:00+07:00', true],
  [
    'at the hour of Jakarta, when it is over in the other zone',
    night,
    'Asia/Jayapura',
    '2026-11-21T04:30:00+07:00',
    false,
  ],
];

for (const [when, period, timeZone, at, expected] of moments) {
  test(`a scheduled volunteer ${expected ? 'takes' : 'takes no'} offers ${when}`, async () => {
    assert.equal(await onDuty([period], timeZone, at), expected);
  });
}

const anyPeriod = fc
  .record({ dayOfWeek: fc.integer({ min: 1, max: 7 }), startMinute: fc.nat(1_439), endMinute: fc.nat(1_440) })
  .filter(({ startMinute, endMinute }) => startMinute !== endMinute);

test('the database is on duty exactly while a period of the schedule is under way', async () => {
  const anyMoment = fc.date({ min: new Date('2026-11-16'), max: new Date('2026-11-30'), noInvalidDate: true });
  const anyZone = fc.constantFrom('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura', 'UTC');
  await fc.assert(
    fc.asyncProperty(fc.array(anyPeriod, { maxLength: 6 }), anyMoment, anyZone, async (periods, at, zone) => {
      const end = endOfPeriod(periods, at, zone);
      assert.equal(await onDuty(periods, zone, at.toISOString()), end !== undefined);
      if (end) assert.ok(end > at && end.getTime() - at.getTime() <= 86_400_000);
    }),
    { numRuns: 200 },
  );
});

/** A whole day around now, in two zones whose dates differ at any time. */
const today = (timeZone: string): Period => {
  const { dayOfWeek } = Temporal.Now.zonedDateTimeISO(timeZone);
  return { dayOfWeek, startMinute: 0, endMinute: 1_440 };
};

async function isFound(id: string): Promise<boolean> {
  const search = { location: monas, radiusMeters: 1_000, skills: [Skill.BASIC_LIFE_SUPPORT], limit: 100 };
  return (await w.dispatcher.findNearby(search)).volunteers.some(({ volunteerId }) => volunteerId === id);
}

test('a search finds who is off duty but scheduled now, in the time zone of the schedule', async () => {
  const [ahead, behind] = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];
  assert.equal(await isFound((await w.volunteer({ onDuty: false })).id), false);
  for (const [timeZone, periodOf, expected] of [
    [ahead, ahead, true],
    [behind, behind, true],
    [ahead, behind, false],
  ] as const) {
    const volunteer = await w.volunteer({ onDuty: false, timeZone, schedule: [today(periodOf)] });
    assert.equal(await isFound(volunteer.id), expected, `${periodOf} day in ${timeZone}`);
  }
});

test('who goes off duty within scheduled hours is left alone until they end, and called again after', async () => {
  const volunteer = await w.volunteer({ onDuty: true, schedule: [today('Asia/Jakarta')] });
  assert.equal(await isFound(volunteer.id), true);
  const { volunteer: off } = await volunteer.client.setAvailability({ dutyStatus: DutyStatus.OFF_DUTY });
  assert.equal(off?.dutyStatus, DutyStatus.OFF_DUTY);
  assert.equal(off?.schedule.length, 1);
  assert.equal(await isFound(volunteer.id), false);
  const { rows } = await w.pool.query('SELECT off_until FROM volunteers WHERE id = $1', [volunteer.id]);
  const midnight = Temporal.Now.zonedDateTimeISO('Asia/Jakarta').add({ days: 1 }).startOfDay();
  assert.equal(rows[0].off_until.getTime(), midnight.epochMilliseconds);
  await w.pool.query("UPDATE volunteers SET off_until = now() - interval '1 second' WHERE id = $1", [volunteer.id]);
  assert.equal(await isFound(volunteer.id), true);
});

test('a period of no length, of no day, or too many of them are refused', async () => {
  const { client } = await w.volunteer();
  const set = (schedule: Period[]) =>
    refusal(client.setAvailability({ dutyStatus: DutyStatus.ON_DUTY, schedule, replaceSchedule: true }));
  assert.match(await set([{ dayOfWeek: 1, startMinute: 60, endMinute: 60 }]), /^InvalidArgument/);
  assert.match(await set([{ dayOfWeek: 8, startMinute: 60, endMinute: 90 }]), /^InvalidArgument/);
  assert.match(await set(Array(51).fill(night)), /^InvalidArgument/);
});
