import { Code, type ServiceImpl } from '@connectrpc/connect';
import type { WorkloadService } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { Signals } from '../signals/golden.ts';
import { spanOf } from '../signals/range.ts';
import type { Span } from '../store/metrics.ts';
import { BOUNDS_MS, historyOf } from '../workloads/history.ts';
import { answeredBy } from '../workloads/workloads.ts';

export const getRpcHistory =
  ({ telemetry, methods }: Context): ServiceImpl<typeof WorkloadService>['getRpcHistory'] =>
  ({ workload, rpc, range }) => {
    const span = spanOf(range);
    const read = (step: Span) =>
      answeredBy(telemetry, workload, step).filter(({ operation }) => !rpc || operation === rpc);
    const whole = read(span);
    if (rpc && whole.length === 0 && !methods.has(rpc)) {
      throw fail(Code.NotFound, 'RPC_NOT_FOUND', `nothing was heard of ${rpc}`, { rpc });
    }
    const total = new Signals();
    for (const { code, durations } of whole) total.add(code, durations);
    return {
      ...historyOf(span, read),
      boundsMs: [...BOUNDS_MS],
      codes: Object.fromEntries(Object.entries(total.codes).map(([code, count]) => [code, BigInt(count)])),
    };
  };
