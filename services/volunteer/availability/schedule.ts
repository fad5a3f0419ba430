/** Hours of a week in which a volunteer is on duty; minutes count from local midnight, an end before the start is the next day's. */
export interface Period {
  /** ISO: 1 Monday to 7 Sunday. */
  readonly dayOfWeek: number;
  readonly startMinute: number;
  readonly endMinute: number;
}

const DAY_MINUTES = 1_440;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/**
 * The minutes of the week, counted from Monday 00:00, that the periods cover: the text of a PostgreSQL `int4multirange`, which
 * joins what overlaps. A period that runs past the week's end goes on at its beginning.
 */
export function dutyMinutes(periods: readonly Period[]): string {
  const ranges = periods.flatMap((period) => {
    const start = startOf(period);
    const end = start + lengthOf(period);
    return end <= WEEK_MINUTES
      ? [[start, end]]
      : [
          [start, WEEK_MINUTES],
          [0, end - WEEK_MINUTES],
        ];
  });
  return `{${ranges.map(([start, end]) => `[${start},${end})`).join(',')}}`;
}

/** When the period under way at that moment ends, the latest of several; undefined when none is. */
export function endOfPeriod(periods: readonly Period[], at: Date, timeZone: string): Date | undefined {
  const local = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
  const minute = (local.dayOfWeek - 1) * DAY_MINUTES + local.hour * 60 + local.minute;
  const left = periods.map((period) => {
    const sinceStart = (minute - startOf(period) + WEEK_MINUTES) % WEEK_MINUTES;
    return Math.max(0, lengthOf(period) - sinceStart);
  });
  const longest = Math.max(0, ...left);
  if (longest === 0) return undefined;
  const end = local.round({ smallestUnit: 'minute', roundingMode: 'floor' }).add({ minutes: longest });
  return new Date(end.epochMilliseconds);
}

const startOf = (period: Period) => (period.dayOfWeek - 1) * DAY_MINUTES + period.startMinute;

const lengthOf = ({ startMinute, endMinute }: Period) =>
  endMinute > startMinute ? endMinute - startMinute : endMinute + DAY_MINUTES - startMinute;
