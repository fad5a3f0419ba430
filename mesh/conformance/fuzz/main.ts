import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dataFolder } from '../../local/folders.ts';
import type { Account } from '../../local/mesh.ts';
import { readPorts } from '../../local/ports.ts';
import { readProcesses, startOwnMesh } from '../own-mesh.ts';
import { openPeople } from '../people/people.ts';
import { createSender } from '../wire/http.ts';
import { causeIn } from './causes.ts';
import { gatherCrew } from './crew.ts';
import { DEBUGGED, liveBytes } from './live-memory.ts';
import { complaints, lineOf, readReproducer, reportLines } from './report.ts';
import { fuzz } from './run.ts';
import { everyMethod, someThings } from './things.ts';

/**
 * `npm run fuzz`: random and damaged requests over all RPCs and protocols, against a mesh of its own or, with `--running`, the one that
 * `npm start` runs. Exit code 1 when one was answered as none may be, a process was started again, or memory grew; 130 when it was stopped, which
 * it takes a first time as a wish to see what was found until then.
 */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    parallel: { type: 'string', default: '16' },
    running: { type: 'boolean', default: false },
    /** A line of an earlier report: sent once, and its answer shown. */
    replay: { type: 'string' },
  },
});

interface Target {
  readonly edgeUrl: string;
  readonly h2cUrl: string;
  readonly accounts: readonly Account[];
  readonly dataFolder: string;
  processes(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

const target = values.running
  ? running()
  : await startOwnMesh({ PASSWORD_HASH_MEMORY_KIB: '1024', PASSWORD_HASH_PASSES: '1', ...DEBUGGED });
let ending: Promise<void> | undefined;
const end = () => (ending ??= target.stop());
const stopped = new AbortController();
let fuzzing = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (!fuzzing || stopped.signal.aborted) end().finally(() => process.exit(130));
    stopped.abort();
  });
process.on('disconnect', () => end().finally(() => process.exit(1)));

const sender = createSender(target);
process.exitCode = await main().finally(() => {
  sender.close();
  return end();
});
process.exit();

async function main(): Promise<number> {
  const people = await openPeople(target.edgeUrl, target.accounts);
  const crew = await gatherCrew(people);
  if (values.replay !== undefined) {
    const call = readReproducer(values.replay);
    const answer = await sender.send({ ...call.request, headers: { ...call.request.headers, ...crew.headers(call) } });
    console.log(answer.status, Object.fromEntries([...answer.headers, ...answer.trailers]), answer.body.toString());
    return 0;
  }
  const [methods, known] = [await everyMethod(), await someThings(people)];
  console.log(
    `seed ${values.seed}: ${values.requests} requests over ${methods.length} RPCs by ${crew.names.length} callers …`,
  );
  fuzzing = true;
  const report = await fuzz({
    signal: stopped.signal,
    sender,
    crew,
    methods,
    known,
    requests: Number(values.requests),
    seed: Number(values.seed),
    parallel: Number(values.parallel),
    processes: () => target.processes(),
    liveBytes: (process) => liveBytes(join(target.dataFolder, 'logs', `${process}.log`)),
    progress: (made) => process.stdout.isTTY && process.stdout.write(`\r${made.toLocaleString('en')} `),
    found: (finding) => console.log(`✗ found: ${lineOf(finding, causeIn(target.dataFolder))}`),
  });
  console.log(`\nseed ${values.seed}: ${reportLines(report).join('\n')}\n`);
  const wrong = complaints(report, causeIn(target.dataFolder));
  for (const complaint of wrong) console.log(`✗ ${complaint}`);
  if (stopped.signal.aborted) {
    console.log('stopped before the end');
    return 130;
  }
  if (wrong.length === 0)
    console.log('✓ no answer was internal or unknown, none was missing; no process ended or grew');
  else console.log(`\nAgain: npm run fuzz -- --seed ${values.seed} --requests ${values.requests}`);
  return wrong.length === 0 ? 0 : 1;
}

function running(): Target {
  const ports = readPorts(process.env);
  return {
    edgeUrl: `http://127.0.0.1:${ports.http.number}`,
    h2cUrl: `http://127.0.0.1:${ports.h2c.number}`,
    accounts: JSON.parse(readFileSync(join(dataFolder, 'accounts.json'), 'utf8')),
    dataFolder,
    processes: () => readProcesses(dataFolder),
    stop: async () => undefined,
  };
}
