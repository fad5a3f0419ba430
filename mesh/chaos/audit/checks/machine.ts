import { type Check, each, type Violation } from '../check.ts';
import { time } from './statuses.ts';

/** From the end of the last fault until every part answers. */
const RECOVERED_WITHIN_MS = 45_000;

/** Every part answers; none has ended but by a fault. */
export const processesStand: Check = {
  promise: 'every process is up and none crashed by itself',
  run({ machine, times }) {
    const { unhealthy, ends } = machine;
    const crashes = each(ends, ({ name, atMs, reason, asked }) =>
      asked ? undefined : `${name} ended by itself at ${time(atMs)}: ${reason}`,
    );
    const silent = unhealthy.map((name): Violation => ({ text: `${name} does not answer` }));
    const recoveryMs = times.calmMs - times.lastFaultMs;
    const late = recoveryMs > RECOVERED_WITHIN_MS;
    const lateness: Violation[] = late
      ? [{ text: `not every part answered ${recoveryMs} ms after the last fault` }]
      : [];
    return {
      checked: crashes.checked,
      violations: [...crashes.violations, ...silent, ...lateness],
      note: `${ends.length} ends, started again; all up ${(recoveryMs / 1_000).toFixed(1)} s after the last fault`,
    };
  },
};

export const nothingOrphaned: Check = {
  promise: 'no orphan process',
  run({ machine }) {
    return { checked: 1, violations: machine.orphans.map((orphan) => ({ text: `${orphan} is nobody's` })) };
  },
};

/** A statement or transaction that goes on for so long after everything is over is stuck. */
const STUCK_MS = 5_000;

export const noConnectionLeft: Check = {
  promise: 'no orphan connection',
  run({ machine }) {
    const links = each(machine.links, ({ name, connections, dangling, forgotten, most }) => [
      ...(dangling > 0 ? [`${name}: ${dangling} connections have one end only`] : []),
      ...(forgotten > 0
        ? [`${name}: ${forgotten} connections are still held although the other side is long gone`]
        : []),
      ...(connections > most ? [`${name}: ${connections} connections, ${most} at most are in use`] : []),
    ]);
    const stuck = machine.sessions
      .filter(({ forMs }) => forMs > STUCK_MS)
      .map(({ application, state, forMs, query }) => ({
        text: `${application} is ${state} in PostgreSQL for ${Math.round(forMs)} ms: ${query}`,
      }));
    return { checked: links.checked, violations: [...links.violations, ...stuck] };
  },
};
