import { setTimeout as sleep } from 'node:timers/promises';
import { memoryMbOf } from '../cpu.ts';
import { startOwnMesh } from '../own-mesh.ts';
import { rest } from './loaded.ts';
import type { Workload } from './workload.ts';

const SUBJECT = 'whole mesh';
/** After the seed; until then what starting left is collected. */
const SETTLE_MS = 5_000;
const ROUNDS = 3;

/** How long a mesh takes to start with empty data, dashboard and seed included, and how much memory it has at rest. */
export const start: Workload = async () => ({
  subjects: [
    {
      name: SUBJECT,
      async measure(turn) {
        // The mesh beside it has warmed up what there is: the files.
        if (turn === 0) return { figures: {} };
        const startMs = performance.now();
        const own = await startOwnMesh('start', { dashboard: true });
        const startSeconds = (performance.now() - startMs) / 1_000;
        try {
          await rest(own.processes());
          await sleep(SETTLE_MS);
          const memory = memoryMbOf(own.processes());
          const besidePostgres = [...memory].filter(([name]) => name !== 'postgres');
          const parts = [...memory].map(([name, mb]) => [`memoryMb of ${name}`, mb]);
          return {
            figures: {
              startSeconds,
              memoryMb: besidePostgres.reduce((sum, [, mb]) => sum + mb, 0),
              ...Object.fromEntries(parts),
            },
          };
        } finally {
          await own.stop();
        }
      },
    },
  ],
  rounds: ROUNDS,
  turns: { length: 'a start each' },
  targets: [
    { subject: SUBJECT, figure: 'startSeconds', below: 15 },
    { subject: SUBJECT, figure: 'memoryMb', below: 1_000 },
  ],
  notes: [
    'What `npm start` does once everything is installed, with empty data: servers, databases, migrations, all processes and the dashboard, until they are healthy and seeded; without the drill. The mesh that the other workloads are measured on stands beside it, at rest.',
    'Memory: proportional set size of every process with its children, at rest, PostgreSQL not included.',
  ],
  close: async () => undefined,
});
