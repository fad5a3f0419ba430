import { milliseconds, walk } from './walk.ts';

/** What is kept of a log record beside its bytes. */
export interface ReceivedLog {
  readonly raw: Uint8Array;
  readonly timeMs: number;
  readonly severity: number;
  readonly traceId: Uint8Array;
}

const NOTHING = new Uint8Array();

/** Reads a log record's columns. One without a time has that at which it was observed. */
export function readLog(raw: Uint8Array): ReceivedLog {
  let time = 0n;
  let observed = 0n;
  let severity = 0;
  let traceId: Uint8Array = NOTHING;
  walk(raw, (field, reader) => {
    switch (field) {
      case 1:
        time = BigInt(reader.fixed64());
        return true;
      case 2:
        severity = reader.int32();
        return true;
      case 9:
        traceId = reader.bytes();
        return true;
      case 11:
        observed = BigInt(reader.fixed64());
        return true;
      default:
        return false;
    }
  });
  return { raw, timeMs: milliseconds(time || observed), severity, traceId };
}
