import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RpcSignalsSchema } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { rulesOf } from '@kreki/runtime/rpc/rules';
import { Signals } from '../signals/golden.ts';
import type { Measured } from '../signals/measured.ts';
import type { Span } from '../store/metrics.ts';
import { accessOf, type Methods } from './contracts.ts';

/** What a workload answered, RPC by RPC, the busiest first. */
export function rpcSignals(
  calls: readonly Measured[],
  methods: Methods,
  span: Span,
): MessageInitShape<typeof RpcSignalsSchema>[] {
  const found = new Map<string, Signals>();
  for (const { operation, code, durations } of calls) {
    const signals = found.get(operation) ?? new Signals();
    signals.add(code, durations);
    found.set(operation, signals);
  }
  return [...found]
    .sort(([, a], [, b]) => b.calls - a.calls)
    .map(([rpc, signals]) => {
      const method = methods.get(rpc);
      const rules = method && rulesOf(method);
      return {
        rpc,
        signals: signals.golden(span),
        codes: Object.fromEntries(Object.entries(signals.codes).map(([code, count]) => [code, BigInt(count)])),
        deadlineMs: rules?.deadlineMs ?? 0,
        access: rules ? accessOf(rules) : '',
      };
    });
}
