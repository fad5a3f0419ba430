import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { PercentilesSchema } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { type Measured, responseStatistics } from '../store/statistics.ts';
import type { Rpc } from './rpc.ts';

const DAY_MS = 86_400_000;

export const getResponseStatistics =
  ({ database }: Context): Rpc<'getResponseStatistics'> =>
  async ({ startTime, endTime }, call) => {
    const end = endTime ? timestampDate(endTime) : new Date();
    const start = startTime ? timestampDate(startTime) : new Date(end.getTime() - DAY_MS);
    if (start >= end) throw fail(Code.InvalidArgument, 'BAD_PERIOD', 'the period must end after it begins');
    const rows = await responseStatistics(database.during(call.signal), start, end);
    return {
      rows: rows.map(({ severity, emergencies, completed, cancelled, escalated, ...times }) => ({
        severity: severity ?? Severity.UNSPECIFIED,
        emergencies: BigInt(emergencies),
        completed: BigInt(completed),
        cancelled: BigInt(cancelled),
        escalated: BigInt(escalated),
        acknowledge: percentiles(times.acknowledge),
        firstOffer: percentiles(times.firstOffer),
        firstAccept: percentiles(times.firstAccept),
        arrival: percentiles(times.arrival),
        completion: percentiles(times.completion),
      })),
    };
  };

const percentiles = ({ count, p50, p95 }: Measured): MessageInitShape<typeof PercentilesSchema> => ({
  count: BigInt(count),
  ...(p50 === null ? {} : { p50: durationFromMs(Math.round(p50)) }),
  ...(p95 === null ? {} : { p95: durationFromMs(Math.round(p95)) }),
});
