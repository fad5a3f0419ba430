/** `npm run restart -- <name>… | all`: replaces processes of the mesh that runs, one after the other, without a call lost. */
import { serviceNames } from '../topology.ts';
import { command, type Execute } from './control.ts';
import { dataFolder } from './folders.ts';
import type { Processes } from './processes.ts';
import { formatDuration, formatLine } from './steps.ts';

/** The order of `all`: who calls comes after those it calls. */
export const restartable = [...serviceNames, 'gateway'] as const;

export const restart =
  (processes: Processes): Execute =>
  async ([verb, ...names], tell) => {
    if (verb !== 'restart') throw new Error(`unknown: ${verb}`);
    const wanted = restartable.filter((name) => names.includes(name) || names.includes('all'));
    const unknown = names.filter((name) => name !== 'all' && !wanted.some((one) => one === name));
    if (wanted.length === 0 || unknown.length > 0) throw new Error(`say all, or any of ${restartable.join(', ')}`);
    for (const name of wanted) {
      const process = processes.find(name);
      const started = performance.now();
      await process.replace();
      tell(formatLine('✓', process.spec.name, `process ${process.pid}`, formatDuration(performance.now() - started)));
    }
  };

if (import.meta.main) {
  const carriedOut = await command(dataFolder, ['restart', ...process.argv.slice(2)], (line) => console.log(line));
  process.exit(carriedOut ? 0 : 1);
}
