import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startChild } from '../child.ts';
import { memoryMbOf, withCpu } from '../cpu.ts';
import type { Person } from '../generator/order.ts';
import { figuresOf } from '../harness/latencies.ts';
import { collectGarbage } from '../heap.ts';
import type { Answer, Question } from '../watch/question.ts';
import { CLOSE_ALL } from './close-all.ts';
import { rest, sampleOf } from './loaded.ts';
import { signIn } from './people.ts';
import type { Workload } from './workload.ts';

const FULL = { streams: 5_000, emergencies: 100, connections: 20 };
const QUICK = { streams: 1_000, emergencies: 20, connections: 4 };
/** Who holds something for each stream. */
const HOLDERS = ['gateway', 'emergency'];
/** Nobody presses more often than a person may in a minute: a turn, its warm-up and the next ones together. */
const SECONDS_MAX = 10;
/** Dispatch has nothing to do with them: what is measured is who watches. */
const NOTHING_TO_DISPATCH = 'UPDATE emergencies SET next_step_at = NULL WHERE status <= 3';

/** Streams that follow emergencies over the edge, each of which changes once a second. */
export const watch: Workload = async ({ own, options }) => {
  const { streams, emergencies, connections } = options.quick ? QUICK : FULL;
  const seconds = Math.min(SECONDS_MAX, Math.max(2, Math.round(options.seconds)));
  const subject = `${streams.toLocaleString('en')} streams`;
  const database = new pg.Pool({ connectionString: own.mesh.databaseUrls.emergency, max: 1 });
  const child = startChild('watch/main.ts');
  const ask = (question: Question) => child.ask<Answer>(question);
  const file = (name: string, people: readonly Person[]) => {
    const path = join(own.folder, `bench-${name}.json`);
    writeFileSync(path, JSON.stringify(people), { mode: 0o600 });
    return path;
  };
  const some = (count: number) => Array.from({ length: count }, () => randomUUID());
  await ask({
    kind: 'press',
    setting: {
      edgeUrl: own.mesh.edgeUrl,
      h2cUrl: own.mesh.h2cUrl,
      requestersFile: file('requesters', await signIn(own, 'public', some(emergencies))),
      watchersFile: file('watchers', await signIn(own, 'dispatcher', some(streams), emergencies)),
      connections,
    },
  });
  await rest(own.processes());
  await database.query(NOTHING_TO_DISPATCH);

  /** Without garbage, in kB by process. */
  const memory = async (): Promise<ReadonlyMap<string, number>> => {
    const pids = new Map(HOLDERS.map((name) => [name, own.processes().get(name) ?? 0]));
    for (const [name, pid] of pids) await collectGarbage(pid, own.inspectorPort(name));
    return new Map([...memoryMbOf(pids)].map(([name, mb]) => [name, mb * 1_024]));
  };
  return {
    subjects: [
      {
        name: subject,
        async measure() {
          const without = await memory();
          const opened = await ask({ kind: 'open' });
          const change = () => ask({ kind: 'change', seconds });
          const { outcome: seen, cpu } = await withCpu(own.processes, change);
          const withThem = await memory();
          await ask({ kind: 'close' });
          await rest(own.processes());
          const { calls = 0, cpuSeconds = 0, latency } = seen;
          const errors = { ...opened.errors, ...seen.errors };
          const parts = HOLDERS.map((name) => {
            const kb = ((withThem.get(name) ?? 0) - (without.get(name) ?? 0)) / streams;
            return [`streamKb of ${name}`, kb] as const;
          });
          const sample = sampleOf({ calls, seconds: seen.seconds ?? seconds, cpuSeconds, errors }, cpu);
          const { perSecond: changesPerSecond = 0, ...figures } = sample.figures;
          return {
            ...sample,
            figures: {
              ...figures,
              changesPerSecond,
              openSeconds: opened.seconds ?? 0,
              ...(latency && figuresOf(latency)),
              streamKb: parts.reduce((sum, [, kb]) => sum + kb, 0),
              ...Object.fromEntries(parts),
            },
            ...(latency && { latency }),
          };
        },
      },
    ],
    ...(!options.quick && { rounds: 3 }),
    turns: { length: `${seconds} s`, latency: 'from the intended moment of a change until a stream shows it' },
    targets: [
      { subject, figure: 'p99Ms', below: 250 },
      { subject, figure: 'streamKb', below: 30 },
    ],
    notes: [
      `${streams.toLocaleString('en')} dispatchers, each signed in and with a stream of their own, over gRPC and the edge’s h2c on ${connections} connections, ${streams / emergencies} for each of ${emergencies} emergencies, opened 32 at a time. Each emergency changes once a second, since who pressed presses again from further on, over the edge: ${emergencies} commits and ${streams.toLocaleString('en')} messages a second.`,
      'Latency: from the intended moment of that press, which is part of it, until a stream has shown the change. A change that a stream does not show counts as failed.',
      'Memory: proportional set size of gateway and emergency with the streams, just after they brought changes, less that without, garbage collected before each, by the number of streams. The connections are in it.',
    ],
    close: async () => {
      child.stop();
      await database.query(CLOSE_ALL);
      await database.end();
    },
  };
};
