/** `npm run chaos`: a mesh of its own, people on it, faults drawn from a seed, and an audit. Exit code 0 when every promise was held. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { dataFolder, repository } from '../local/folders.ts';
import { makeRunFolder, removeRunFolder } from '../local/run-folder.ts';
import { Steps } from '../local/steps.ts';
import { type Arguments, readArguments } from './arguments.ts';
import { findOrphans } from './audit/read/machine.ts';
import { drawSchedule } from './faults/schedule.ts';
import { details, loadTable, scheduleText, verdictTable, violationLines } from './report.ts';
import { type Rehearsed, rehearse } from './run.ts';

const WARM_UP_MS = 3_000;
const CALM_MS = 25_000;

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());
process.on('disconnect', () => interrupt.abort());

process.exitCode = await main().catch((error: Error) => {
  console.error(interrupt.signal.aborted ? '\n✗ interrupted\n' : `\n✗ ${error.stack}\n`);
  return interrupt.signal.aborted ? 130 : 1;
});
process.exit();

async function main(): Promise<number> {
  const wanted = readArguments(process.argv.slice(2));
  const schedule = drawSchedule({
    seed: wanted.seed,
    count: wanted.faults,
    fromMs: WARM_UP_MS,
    toMs: wanted.minutes * 60_000,
    kinds: wanted.kinds,
  });
  const again = commandOf(wanted);
  console.log([again, '', scheduleText(schedule), ''].join('\n'));

  const folder = await makeRunFolder(join(dataFolder, 'chaos/runs'));
  const results = join(dataFolder, `chaos/seed-${wanted.seed}`);
  try {
    let started: Rehearsed['environment'] | undefined;
    const held = await rehearse(
      { ...wanted, schedule, calmMs: CALM_MS, folder, steps: new Steps(), signal: interrupt.signal },
      async ({ verdicts, evidence, environment }) => {
        started = environment;
        const summary = [loadTable(evidence), verdictTable(verdicts), violationLines(verdicts).join('\n')].join('\n\n');
        console.log(`\n${summary}\n`);
        keep(folder, results, [again, scheduleText(schedule), summary, details(verdicts, evidence, schedule)]);
        return verdicts.every(({ violations }) => violations.length === 0);
      },
    );
    const orphans = started ? findOrphans(started, new Set()) : [];
    for (const orphan of orphans) console.log(`✗ ${orphan} outlived the run`);
    const ok = held && orphans.length === 0;
    const where = relative(repository, results);
    console.log(ok ? `✓ every promise was held (${where})` : `✗ not every promise was held: see ${where}\n  ${again}`);
    return ok ? 0 : 1;
  } finally {
    removeRunFolder(folder);
  }
}

/** Journal, logs and report of the latest run with this seed. */
function keep(folder: string, results: string, report: readonly string[]): void {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  for (const name of ['logs', 'journal.jsonl']) cpSync(join(folder, name), join(results, name), { recursive: true });
  writeFileSync(join(results, 'report.txt'), `${report.join('\n\n')}\n`);
}

/** What to type to have the same again. */
function commandOf({ seed, minutes, rate, faults, kinds }: Arguments): string {
  const only = kinds ? ` --only ${kinds.join(',')}` : '';
  return `npm run chaos -- --seed ${seed} --minutes ${minutes} --rate ${rate} --faults ${faults}${only}`;
}
