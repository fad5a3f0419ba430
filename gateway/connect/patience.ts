/** A timer runs no longer, in milliseconds (25 days): one that is given more goes off at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

const UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000 };

/** Whoever would wait for longer than any timer runs is one who sets no deadline: then only the contract's counts. */
export function forgetEndlessDeadlines(header: Headers): void {
  const [, number, unit = ''] = /^(\d{1,8})([HMS])$/.exec(header.get('grpc-timeout') ?? '') ?? [];
  if (Number(number) * (UNITS_MS[unit] ?? 0) > LONGEST_TIMER_MS) header.delete('grpc-timeout');
  if (Number(header.get('connect-timeout-ms')) > LONGEST_TIMER_MS) header.delete('connect-timeout-ms');
}
