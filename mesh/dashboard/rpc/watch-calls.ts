import type { ServiceImpl } from '@connectrpc/connect';
import type { TraceService } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import type { Context } from '../context.ts';
import { type Call, callOf } from '../traces/calls.ts';
import { every } from './every.ts';

const PRESET_PER_SECOND = 50;
const ANSWER_INTERVAL_MS = 500;

export const watchCalls = ({ telemetry }: Context): ServiceImpl<typeof TraceService>['watchCalls'] =>
  async function* (request, { signal }) {
    const most = ((request.maxPerSecond || PRESET_PER_SECOND) * ANSWER_INTERVAL_MS) / 1_000;
    let calls: Call[] = [];
    let skipped = 0;
    const following = telemetry.onSpan((workload, span) => {
      const call = callOf(workload, span, request);
      if (call && calls.length < most) calls.push(call);
      else if (call) skipped += 1;
    });
    const take = () => {
      const taken = { calls, skipped: BigInt(skipped) };
      calls = [];
      skipped = 0;
      return taken;
    };
    try {
      yield* every(undefined, signal, take, ANSWER_INTERVAL_MS);
    } finally {
      following.stop();
    }
  };
