import { create } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type TimeRange, TimeRangeSchema } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { useMemo } from 'react';
import { useParameter } from './url-state.ts';

export const RANGES = ['1m', '5m', '15m', '30m', '60m'] as const;
const PRESET = '5m';

/** The time that every view looks at: `?range=5m`, and `&end=<ISO time>` when it does not go on with the present. */
export function useRange() {
  const [length, setLength] = useParameter('range', PRESET);
  const [end, setEnd] = useParameter('end');
  const lengthMs = (Number.parseInt(length, 10) || 5) * 60_000;
  const endMs = end ? Date.parse(end) : undefined;
  const range: TimeRange = useMemo(
    () =>
      create(TimeRangeSchema, {
        length: durationFromMs(lengthMs),
        ...(endMs && { endTime: timestampFromMs(endMs) }),
      }),
    [lengthMs, endMs],
  );
  return { range, length, lengthMs, endMs, setLength, setEnd };
}
