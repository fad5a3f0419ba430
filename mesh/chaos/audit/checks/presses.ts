import { type Check, each, groupBy } from '../check.ts';
import type { EmergencyRow, Evidence } from '../evidence.ts';

const pressesOf = ({ journal }: Evidence) => journal.operations.filter(({ kind }) => kind === 'press');

/** Every acknowledged press is in the database with its requester, and told once in the stream. */
export const noPressLost: Check = {
  promise: 'no acknowledged press is lost',
  run(evidence) {
    const rows = byId(evidence.emergency.emergencies);
    const told = new Map<string, number>();
    for (const { emergency, aggregateId } of evidence.streams.emergency) {
      if (emergency?.kind === 'requested') told.set(aggregateId, (told.get(aggregateId) ?? 0) + 1);
    }
    const acknowledged = pressesOf(evidence).filter(({ outcome }) => outcome === 'ok');
    return each(
      acknowledged,
      ({ gotId = '', who, id }) => {
        const row = rows.get(gotId);
        if (!row) return `press ${id} was acknowledged with emergency ${gotId}, which is not in the database`;
        if (row.requesterId !== who) return `press ${id} by ${who} was acknowledged with somebody else's emergency`;
        if (!told.has(gotId)) return `emergency ${gotId} is not told of in the stream`;
        return undefined;
      },
      ({ gotId }) => gotId,
    );
  },
};

/** A request id makes one emergency, whatever number of times it is sent; and there is no emergency that nobody pressed. */
export const noPressTwice: Check = {
  promise: 'no press counts twice',
  run(evidence) {
    const presses = pressesOf(evidence);
    const pressed = groupBy(presses, ({ requestId = '' }) => requestId);
    const acknowledgements = each([...pressed.values()], (same) => {
      const ids = new Set(same.flatMap(({ gotId }) => gotId ?? []));
      if (ids.size > 1) return `request ${same[0]?.requestId} was acknowledged with ${[...ids].join(' and ')}`;
      return undefined;
    });
    const { emergencies } = evidence.emergency;
    const twice = [...groupBy(emergencies, ({ requesterId, requestId }) => `${requesterId} ${requestId}`)]
      .filter(([, rows]) => rows.length > 1)
      .map(([key, rows]) => ({ text: `request ${key} made ${rows.length} emergencies`, emergencyId: rows[0]?.id }));
    const fromNowhere = emergencies
      .filter(({ requestId }) => !pressed.has(requestId ?? ''))
      .map(({ id }) => ({ text: `emergency ${id} was pressed by nobody`, emergencyId: id }));
    const refused = [...pressed]
      .filter(([, same]) => same.every(({ outcome }) => outcome === 'refused'))
      .flatMap(([requestId]) => emergencies.filter((row) => row.requestId === requestId))
      .map(({ id }) => ({ text: `emergency ${id} exists although its press was refused`, emergencyId: id }));
    return {
      checked: acknowledgements.checked + emergencies.length,
      violations: [...acknowledgements.violations, ...twice, ...fromNowhere, ...refused],
    };
  },
};

const byId = (rows: readonly EmergencyRow[]) => new Map(rows.map((row) => [row.id, row]));
