import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';

/** Milliseconds since 1970 with fractions, down to the microsecond, which `timestampFromMs` takes whole ones only. */
export function timestampOf(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1_000);
  return create(TimestampSchema, {
    seconds: BigInt(seconds),
    nanos: Math.floor((ms - seconds * 1_000) * 1_000) * 1_000,
  });
}
