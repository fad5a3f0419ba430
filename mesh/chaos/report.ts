import { table } from '../local/report.ts';
import type { Verdict } from './audit/audit.ts';
import type { Violation } from './audit/check.ts';
import type { Evidence } from './audit/evidence.ts';
import { clock, describe, type ScheduledFault } from './faults/fault.ts';

const SHOWN = 5;
const DETAILED = 20;

/** One line a fault: when, and what. */
export const scheduleText = (schedule: readonly ScheduledFault[]): string =>
  schedule.map(({ atMs, fault }) => `${clock(atMs)}  ${describe(fault)}`).join('\n');

/** One line a promise: whether it was held, of how many, and what is worth knowing. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  return table(
    verdicts.map(({ promise, checked, violations, note = '' }) => [
      violations.length === 0 ? '✓' : '✗',
      promise,
      checked.toLocaleString('en').padStart(8),
      violations.length === 0 ? '' : `${violations.length} violations`,
      note,
    ]),
  );
}

/** The first violations of each promise that was not held. */
export function violationLines(verdicts: readonly Verdict[]): string[] {
  return verdicts.flatMap(({ promise, violations }) =>
    violations.length === 0 ? [] : [`✗ ${promise}`, ...violations.slice(0, SHOWN).map(({ text }) => `    ${text}`)],
  );
}

/** What people did, and how it ended for them. */
export function loadTable({ journal }: Evidence): string {
  const rows = Map.groupBy(journal.operations, ({ kind }) => kind);
  const count = (of: Evidence['journal']['operations'], outcome: string) =>
    of
      .filter((operation) => operation.outcome === outcome)
      .length.toLocaleString('en')
      .padStart(8);
  return table([
    ['', 'acknowledged', 'refused', 'no answer'],
    ...[...rows].map(([kind, of]) => [kind, count(of, 'ok'), count(of, 'refused'), count(of, 'unknown')]),
  ]);
}

/** For each violation that is about an emergency: everything that happened to it, with the faults meanwhile. */
export function details(verdicts: readonly Verdict[], evidence: Evidence, schedule: readonly ScheduledFault[]): string {
  const violations = verdicts.flatMap(({ violations }) => violations.slice(0, DETAILED));
  const ids = [...new Set(violations.flatMap(({ emergencyId }: Violation) => emergencyId ?? []))].slice(0, DETAILED);
  return ids.map((id) => timeline(id, evidence, schedule)).join('\n\n');
}

function timeline(id: string, evidence: Evidence, schedule: readonly ScheduledFault[]): string {
  const { loadBeganMs } = evidence.times;
  const moments: { atMs: number; text: string }[] = [];
  const about = evidence.journal.operations.filter(({ emergencyId, gotId }) => emergencyId === id || gotId === id);
  for (const { kind, who, way, beganMs, endedMs = 0, outcome, error = '', id: number } of about) {
    moments.push({ atMs: beganMs, text: `${kind} ${number} by ${who} over ${way}` });
    moments.push({ atMs: endedMs, text: `${kind} ${number}: ${outcome} ${error}` });
  }
  for (const { aggregateId, seq, storedMs, emergency } of evidence.streams.emergency) {
    if (aggregateId === id) moments.push({ atMs: storedMs, text: `event ${seq} ${JSON.stringify(emergency)}` });
  }
  for (const { emergencyId, userId, kind, createdMs } of evidence.notification.notifications) {
    if (emergencyId === id) moments.push({ atMs: createdMs, text: `notification ${kind} to ${userId}` });
  }
  const [fromMs, toMs] = [Math.min(...moments.map(({ atMs }) => atMs)), Math.max(...moments.map(({ atMs }) => atMs))];
  for (const { atMs, fault } of schedule) {
    const at = loadBeganMs + atMs;
    if (at > fromMs - 20_000 && at < toMs) moments.push({ atMs: at, text: `— ${describe(fault)}` });
  }
  const row = evidence.emergency.emergencies.find((each) => each.id === id);
  const lines = moments
    .toSorted((one, other) => one.atMs - other.atMs)
    .map(({ atMs, text }) => `  ${clock(atMs - loadBeganMs)}  ${new Date(atMs).toISOString().slice(11, 23)}  ${text}`);
  return [`emergency ${id}  ${JSON.stringify(row)}`, ...lines].join('\n');
}
