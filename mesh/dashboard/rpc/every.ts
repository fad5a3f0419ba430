import { setInterval } from 'node:timers/promises';
import { type Duration, durationMs } from '@bufbuild/protobuf/wkt';

/** Answers at once and again after each interval, until the caller goes away. */
export async function* every<T>(
  interval: Duration | undefined,
  signal: AbortSignal,
  answer: () => T | Promise<T>,
  presetMs = 2_000,
): AsyncGenerator<T> {
  yield await answer();
  for await (const _ of setInterval(interval ? durationMs(interval) : presetMs, undefined, { signal })) {
    yield await answer();
  }
}
