import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import type { ObjectiveService } from '@kreki/gen/kreki/mesh/v1/objective_service_pb.js';
import type { Context } from '../context.ts';
import { burnRate, WINDOWS_MS } from '../objectives/alerts.ts';
import { spanOfMinute } from '../objectives/ledger.ts';
import { OBJECTIVES, type Objective } from '../objectives/objectives.ts';
import { timestampOf } from '../timestamp.ts';
import { every } from './every.ts';

const BUDGET_WINDOW_MS = 30 * 86_400_000;
const HISTORY_MS = 3_600_000;
const PRESET_INTERVAL_MS = 5_000;

export const watchObjectives = (context: Context): ServiceImpl<typeof ObjectiveService>['watchObjectives'] =>
  async function* ({ interval }, { signal }) {
    const { objectives, sources } = context;
    const answer = () => {
      const nowMs = Date.now();
      return {
        time: timestampOf(nowMs),
        objectives: OBJECTIVES.map((objective) => message(objective, context, nowMs)),
        alerts: objectives.alerts.all.map(({ startMs, endMs, delivered, ...alert }) => ({
          ...alert,
          startTime: timestampOf(startMs),
          ...(endMs !== undefined && { endTime: timestampOf(endMs) }),
          ...(delivered !== undefined && { delivered }),
        })),
        webhook: objectives.webhook,
        sources: sources.statuses(),
      };
    };
    yield* every(interval, signal, answer, PRESET_INTERVAL_MS);
  };

function message(objective: Objective, { objectives: { ledger } }: Context, nowMs: number) {
  const { id, title, titleId, target, thresholdMs, tier, source } = objective;
  const whole = ledger.within(id, nowMs, BUDGET_WINDOW_MS);
  return {
    id,
    title,
    titleId,
    target,
    thresholdMs,
    tier,
    source,
    total: BigInt(Math.round(whole.total)),
    good: BigInt(Math.round(whole.good)),
    ratio: whole.total === 0 ? 1 : whole.good / whole.total,
    budgetLeft: 1 - burnRate(whole, target),
    burnRates: WINDOWS_MS.map((window) => ({
      window: durationFromMs(window),
      rate: burnRate(ledger.within(id, nowMs, window), target),
    })),
    history: ledger.history(id, nowMs, HISTORY_MS).map(([minute, { total, good }]) => ({
      time: timestampOf(spanOfMinute(minute).endMs),
      total: BigInt(Math.round(total)),
      good: BigInt(Math.round(good)),
    })),
  };
}
