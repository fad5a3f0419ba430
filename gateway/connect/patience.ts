/** A timer runs no longer, in milliseconds (25 days): one that is given more goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000 };

export type TimeoutHeader = 'connect-timeout-ms' | 'grpc-timeout';

/** Whether a deadline is longer than any timer runs: whoever sets it is one who sets none, and only the contract's counts. */
export function isEndless(header: TimeoutHeader, value: string): boolean {
  if (header === 'connect-timeout-ms') return Number(value) > LONGEST_TIMER_MS;
  const [, number, unit = ''] = /^(\d{1,8})([HMS])$/.exec(value) ?? [];
  return Number(number) * (UNITS_MS[unit] ?? 0) > LONGEST_TIMER_MS;
}

/** Takes deadlines without end from a call that the Connect library is to answer. */
export function forgetEndlessDeadlines(headers: Headers): void {
  for (const name of ['connect-timeout-ms', 'grpc-timeout'] as const) {
    if (isEndless(name, headers.get(name) ?? '')) headers.delete(name);
  }
}
