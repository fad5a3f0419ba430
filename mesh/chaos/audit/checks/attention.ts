import { percentile } from '../../../../bench/load/percentiles.ts';
import { escalatesAfterMs } from '../../load/story.ts';
import { type Check, each, type Finding, groupBy } from '../check.ts';
import type { EmergencyRow, StreamEvent } from '../evidence.ts';
import { isActive, time } from './statuses.ts';

/** An emergency waits so long for its first offer at most, from the press or from the end of the last fault on. */
export const OFFERED_WITHIN_MS = 15_000;
export const ACKNOWLEDGED_WITHIN_MS = 15_000;
/** What the hand-over to PSC 119 may take beyond its time. */
export const ESCALATED_WITHIN_MS = 10_000;

/** Whoever presses after the last fault is told soon that it is safe, however often the app has to ask. */
export const acknowledgedInTime: Check = {
  promise: 'every press in calm is acknowledged in time',
  run({ journal, times }) {
    const presses = journal.operations.filter(({ kind }) => kind === 'press');
    const taps = [...groupBy(presses, ({ requestId = '' }) => requestId).values()].map((tries) => ({
      requestId: tries[0]?.requestId,
      beganMs: Math.min(...tries.map(({ beganMs }) => beganMs)),
      toldMs: Math.min(...tries.map(({ outcome, endedMs }) => (outcome === 'ok' && endedMs) || Infinity)),
      error: tries.findLast(({ error }) => error)?.error,
    }));
    const inCalm = taps.filter(({ beganMs }) => beganMs > times.calmMs);
    const found = each(inCalm, ({ requestId, beganMs, toldMs, error }) => {
      if (toldMs - beganMs <= ACKNOWLEDGED_WITHIN_MS) return undefined;
      const told = Number.isFinite(toldMs) ? `acknowledged after ${toldMs - beganMs} ms` : 'never acknowledged';
      return `request ${requestId}, pressed at ${time(beganMs)}, was ${told}: ${error}`;
    });
    const waits = (some: typeof taps) => some.map(({ beganMs, toldMs }) => toldMs - beganMs).filter(Number.isFinite);
    return { ...found, note: `all: ${spreadOf(waits(taps))}; in calm: ${spreadOf(waits(inCalm))}` };
  },
};

/** Offered or escalated or closed within its time. */
export const offeredInTime: Check = {
  promise: 'every emergency is offered or escalated in time',
  run({ emergency, times }) {
    const found = each(
      emergency.emergencies,
      (row) => {
        const { id, createdMs, firstOfferMs, escalatedMs } = row;
        const dueMs = Math.max(createdMs, times.calmMs) + OFFERED_WITHIN_MS;
        const firstMs = Math.min(firstOfferMs ?? Infinity, escalatedMs ?? Infinity, closedMs(row) ?? Infinity);
        if (firstMs <= dueMs || times.auditedMs <= dueMs) return undefined;
        return `emergency ${id}, pressed at ${time(createdMs)}, was due at ${time(dueMs)}: offered ${time(firstOfferMs)}, escalated ${time(escalatedMs)}, closed ${time(closedMs(row))}`;
      },
      ({ id }) => id,
    );
    return withSpread(found, emergency.emergencies, times.calmMs);
  },
};

/** Handed over in time when too few had accepted by then. */
export const escalatedInTime: Check = {
  promise: 'what lacks responders is handed over in time',
  run({ emergency, streams, times }) {
    const events = groupBy(streams.emergency, ({ aggregateId }) => aggregateId);
    const lasting = emergency.emergencies.filter((row) => {
      const dueMs = escalationDueMs(row, times.calmMs);
      return (closedMs(row) ?? Infinity) > dueMs && times.auditedMs > dueMs;
    });
    return each(
      lasting,
      (row) => {
        const dueMs = escalationDueMs(row, times.calmMs);
        if (row.escalatedMs !== null && row.escalatedMs <= dueMs) return undefined;
        // Filled at its time, it needs no hand-over; had a responder withdrawn just before, dispatch looks again.
        const timeMs = Math.max(row.createdMs + escalatesAfterMs(row.severity), times.calmMs);
        const filled = (atMs: number) => respondersAt(events.get(row.id) ?? [], atMs) >= row.respondersNeeded;
        if (filled(timeMs) || filled(dueMs)) return undefined;
        return `emergency ${row.id}, pressed at ${time(row.createdMs)}, lacked responders and was due to be handed over at ${time(dueMs)}: escalated ${time(row.escalatedMs)}`;
      },
      ({ id }) => id,
    );
  },
};

function escalationDueMs({ createdMs, severity }: EmergencyRow, calmMs: number): number {
  return Math.max(createdMs + escalatesAfterMs(severity), calmMs) + ESCALATED_WITHIN_MS;
}

/** How many were on an emergency at a time, by its events. */
export function respondersAt(events: readonly StreamEvent[], atMs: number): number {
  const active = new Set<string>();
  for (const { emergency } of events) {
    if (emergency?.kind === 'accepted' && emergency.atMs <= atMs) active.add(emergency.volunteerId);
    if (emergency?.kind === 'progressed' && emergency.atMs <= atMs && !isActive(emergency.status)) {
      active.delete(emergency.volunteerId);
    }
  }
  return active.size;
}

export const closedMs = ({ completedMs, cancelledMs }: EmergencyRow): number | null => completedMs ?? cancelledMs;

/** How long those pressed after the last fault waited for their first offer. */
function withSpread(finding: Finding, rows: readonly EmergencyRow[], calmMs: number): Finding {
  const waits = rows.flatMap(({ createdMs, firstOfferMs }) =>
    createdMs > calmMs && firstOfferMs !== null ? [firstOfferMs - createdMs] : [],
  );
  return { ...finding, note: `in calm: ${spreadOf(waits)}` };
}

function spreadOf(waits: readonly number[]): string {
  if (waits.length === 0) return 'none';
  const [middle, high, most] = [50, 95, 100].map((p) => Math.round(percentile(waits, p) ?? 0));
  return `p50 ${middle} ms, p95 ${high} ms, most ${most} ms`;
}
