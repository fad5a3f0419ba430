import pg from 'pg';
import { startSpeakingChild } from '../child.ts';
import { withCpu } from '../cpu.ts';
import type { Drain } from '../events/pipeline.ts';
import type { Subject } from '../harness/sample.ts';
import { rest, sampleOf } from './loaded.ts';
import type { Workload } from './workload.ts';

const EVENTS = 10_000;
const DATABASE = 'bench_events';
const FLOOR = 'bare client';
const SUBJECT = 'outbox → consumer';

/** Events from a committed outbox to a consumer's commit, against JetStream with the client alone. */
export const events: Workload = async ({ own }) => {
  const server = new pg.Client({ connectionString: own.urls.postgres });
  await server.connect();
  await server.query(`CREATE DATABASE ${DATABASE}`).finally(() => server.end());
  const url = new URL(own.urls.postgres);
  url.pathname = `/${DATABASE}`;
  const pipeline = await startSpeakingChild('events/pipeline.ts', [url.href]);
  const subject = (name: string, way: Drain['way'], floor?: true): Subject => {
    const postgres = own.processes().get('postgres') ?? 0;
    const pids = new Map([
      ['process and NATS', pipeline.pid],
      ...(way === 'outbox' ? [['postgres', postgres] as const] : []),
    ]);
    return {
      name,
      ...(floor && { floor }),
      async measure() {
        await rest(pids);
        const drain = () => pipeline.ask<number>({ way, events: EVENTS } satisfies Drain);
        const { outcome: seconds, cpu } = await withCpu(() => pids, drain);
        const sample = sampleOf({ calls: EVENTS, seconds, cpuSeconds: 0, errors: {} }, cpu);
        return { ...sample, figures: { ...sample.figures, drainSeconds: seconds } };
      },
    };
  };
  return {
    subjects: [subject(FLOOR, 'bare', true), subject(SUBJECT, 'outbox')],
    targets: [
      { subject: SUBJECT, figure: 'perSecond', against: FLOOR, atLeast: 0.5 },
      { subject: SUBJECT, figure: 'drainSeconds', below: 2 },
    ],
    notes: [
      `${EVENTS.toLocaleString('en')} events, each of another aggregate, written in one transaction: from its commit until the consumer has committed its inbox row for the last of them. Relay and consumer share a process, on a NATS server of their own.`,
      'Floor: the same messages with the same headers and ids, published to a file and read by a durable that acknowledges each, with the client alone: no database, nothing exactly once.',
    ],
    close: async () => pipeline.stop(),
  };
};
