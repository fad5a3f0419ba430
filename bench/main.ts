/**
 * `npm run bench [-- --quick] [-- panic unary …]`: the mesh, the floor below it and what else there is to compare, on the same machine and servers,
 * in turns. Writes `bench/report/` and keeps the figures under `.kreki/bench`; `--quick` compares with those of the last run instead.
 */
import { startGenerator } from './generator/generator.ts';
import { readOptions } from './harness/options.ts';
import { takeTurns } from './harness/rounds.ts';
import type { Run, WorkloadResult } from './harness/sample.ts';
import { startOwnMesh } from './own-mesh.ts';
import { compare } from './results/compare.ts';
import { describeCommit, describeMachine } from './results/machine.ts';
import { save, savedRuns } from './results/saved.ts';
import { progress, verdicts } from './results/terminal.ts';
import { writeReport } from './results/write-report.ts';
import { workloads } from './workloads/workloads.ts';

const options = readOptions(process.argv.slice(2), Object.keys(workloads));
const startedAt = new Date().toISOString();
const before = savedRuns().at(-1);
const generator = startGenerator();
const own = await startOwnMesh('harness', { dashboard: false });
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    interrupted = true;
    await own.stop();
    process.exit(130);
  });
}
process.exitCode = await measure().catch((error) => {
  if (!interrupted) console.error(error);
  return 1;
});
generator.stop();
await own.stop();
process.exit();

async function measure(): Promise<number> {
  const results: WorkloadResult[] = [];
  for (const name of options.workloads) {
    const open = await workloads[name]?.({ own, generator, options });
    if (!open) continue;
    console.log(`\n${name}`);
    try {
      const subjects = await takeTurns(open, open.rounds ?? options.rounds, progress);
      const { notes, targets, turns, captions } = open;
      results.push({ name, notes, subjects, targets, ...(turns && { turns }), ...(captions && { captions }) });
    } finally {
      await open.close();
    }
  }
  const { quick, rounds } = options;
  const run: Run = {
    startedAt,
    commit: describeCommit(),
    quick,
    rounds,
    machine: describeMachine(options),
    workloads: results,
  };
  verdicts(run);
  if (before) compare(before, run);
  console.log(`\nsaved as ${save(run)}`);
  if (!quick) console.log(`report: ${writeReport(savedRuns(), Object.keys(workloads))}`);
  return 0;
}
