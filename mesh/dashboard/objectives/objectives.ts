import { serviceNames, services } from '../../topology.ts';
import { outcomeOf } from '../signals/golden.ts';
import { answered } from '../signals/measured.ts';
import type { Span } from '../store/metrics.ts';
import type { Telemetry } from '../store/telemetry.ts';

/** What was counted within a span of time, and what was good of it. */
export interface Counted {
  readonly total: number;
  readonly good: number;
}

/** A promise about the mesh, and how it is counted. */
export interface Objective {
  readonly id: string;
  readonly title: string;
  readonly titleId: string;
  /** Share that must be good. */
  readonly target: number;
  /** Limit in milliseconds within which it is good; 0 for availability. */
  readonly thresholdMs: number;
  readonly tier: number;
  /** What is counted, as a person finds it among the metrics. */
  readonly source: string;
  readonly count: (telemetry: Telemetry, span: Span) => Counted;
}

const NOTHING: Counted = { total: 0, good: 0 };
const TARGETS = { 1: 0.9999, 2: 0.999, 3: 0.99 } as const;
const PANIC = 'kreki.emergency.v1.EmergencyService/TriggerPanic';

/** KREKI's service levels (press 500 ms at p95, match 5 s, notification 10 s), and availability by tier: 99.99 % for what must stay up. */
export const OBJECTIVES: readonly Objective[] = [
  {
    id: 'press-acknowledged',
    title: 'A press is acknowledged within 500 ms',
    titleId: 'Tekanan tombol dikonfirmasi dalam 500 ms',
    target: 0.95,
    thresholdMs: 500,
    tier: 1,
    source: `kreki.edge.call.duration{rpc.method="${PANIC}"}`,
    count: ({ metrics }, span) => {
      const calls = [...metrics.distributions('kreki.edge.call.duration', span)];
      const presses = calls.filter(([{ attributes }]) => attributes['rpc.method'] === PANIC);
      return sum(
        presses.map(([{ attributes }, durations]) => {
          const outcome = outcomeOf(attributes['rpc.response.status_code'] ?? '');
          // Who was refused because of the request itself was not promised anything.
          if (outcome === 'refusal') return NOTHING;
          return { total: durations.count, good: outcome === 'ok' ? durations.atMost(0.5) : 0 };
        }),
      );
    },
  },
  {
    id: 'volunteers-matched',
    title: 'The first volunteers are offered within 5 s of the press',
    titleId: 'Relawan pertama ditawari dalam 5 detik sejak tombol ditekan',
    target: 0.95,
    thresholdMs: 5_000,
    tier: 1,
    source: 'kreki.emergency.match.duration',
    count: within('kreki.emergency.match.duration', 5),
  },
  {
    id: 'alert-delivered',
    title: 'An alert reaches its provider within 10 s',
    titleId: 'Peringatan sampai ke penyedia dalam 10 detik',
    target: 0.95,
    thresholdMs: 10_000,
    tier: 1,
    source: 'kreki.notification.delivery.duration{outcome="sent"}',
    count: within('kreki.notification.delivery.duration', 10, ({ outcome }) => outcome === 'sent'),
  },
  {
    id: 'available-edge',
    title: 'The edge answers',
    titleId: 'Gerbang menjawab',
    target: 0.9999,
    thresholdMs: 0,
    tier: 1,
    source: 'kreki.edge.call.duration',
    count: (telemetry, span) => availability(telemetry, span, new Set(['gateway'])),
  },
  ...([1, 2, 3] as const).map((tier): Objective => {
    const names = new Set<string>(serviceNames.filter((name) => services[name].tier === tier));
    return {
      id: `available-tier-${tier}`,
      title: `Services of tier ${tier} answer`,
      titleId: `Layanan tier ${tier} menjawab`,
      target: TARGETS[tier],
      thresholdMs: 0,
      tier,
      source: `rpc.server.call.duration{service.name=~"${[...names].join('|')}"}`,
      count: (telemetry, span) => availability(telemetry, span, names),
    };
  }),
];

function availability(telemetry: Telemetry, span: Span, names: ReadonlySet<string>): Counted {
  return sum(
    answered(telemetry, span)
      .filter(({ workload }) => names.has(workload))
      .map(({ code, durations: { count } }) => ({ total: count, good: outcomeOf(code) === 'fault' ? 0 : count })),
  );
}

function within(
  metric: string,
  seconds: number,
  counts: (attributes: Readonly<Record<string, string>>) => boolean = () => true,
): Objective['count'] {
  return ({ metrics }, span) =>
    sum(
      [...metrics.distributions(metric, span)]
        .filter(([{ attributes }]) => counts(attributes))
        .map(([, durations]) => ({ total: durations.count, good: durations.atMost(seconds) })),
    );
}

function sum(parts: readonly Counted[]): Counted {
  return parts.reduce((a, b) => ({ total: a.total + b.total, good: a.good + b.good }), NOTHING);
}
