/** `npm start`: the whole mesh on one machine. */
import { mkdirSync } from 'node:fs';
import { readArguments } from './arguments.ts';
import { dataFolder } from './folders.ts';
import { Launch } from './launch.ts';
import { formatDuration, formatLine } from './steps.ts';

mkdirSync(dataFolder, { recursive: true, mode: 0o711 });
// A reader that went away, as `npm start | head` does, is no reason to leave processes behind.
process.stdout.on('error', () => {});

let launch: Launch | undefined;
let ending: Promise<never> | undefined;
let interruptedAt = 0;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
process.on('disconnect', () => end(1));

try {
  const wanted = readArguments(process.argv.slice(2));
  launch = new Launch(wanted);
  const ok = await launch.run();
  if (wanted.once) await end(ok ? 0 : 1);
  console.log('\n  Ctrl-C stops everything.\n');
} catch (error) {
  if (!ending) {
    console.error(`\n✗ ${error instanceof Error ? error.message : error}\n`);
    await end(1);
  }
}

/** The first signal stops in order; one more, when that takes too long for somebody, kills. */
function onSignal(): void {
  if (ending && performance.now() - interruptedAt > 1_000) launch?.processes.kill();
  if (!ending) interruptedAt = performance.now();
  end(launch?.up ? 0 : 130);
}

function end(code: number): Promise<never> {
  ending ??= (async () => {
    const started = performance.now();
    if (await launch?.stop()) console.log(formatLine('✓', 'stopped', '', formatDuration(performance.now() - started)));
    process.exit(code);
  })();
  return ending;
}
