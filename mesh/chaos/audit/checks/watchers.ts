import { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { type Check, each } from '../check.ts';
import { emergencyStatus, isOpen } from './statuses.ts';

/** Whoever watches ends with what the database holds, and is never shown an older state after a newer one in one stream. */
export const watchersSeeTheEnd: Check = {
  promise: "a watcher's last state is the database's",
  run({ journal, emergency }) {
    const rows = new Map(emergency.emergencies.map((row) => [row.id, row]));
    return each(
      journal.watched,
      ({ emergencyId, who, way, streams, status, version, refused }) => {
        const row = rows.get(emergencyId);
        if (!row) return `${who} watched ${emergencyId}, which is not in the database`;
        const backwards = streams.find((versions) =>
          versions.some((each, index) => each <= (versions[index - 1] ?? 0)),
        );
        if (backwards) return `${who} was shown versions ${backwards} of ${emergencyId} over ${way}`;
        if (refused) {
          // Who withdrew by themself sees no more of it.
          const own = emergency.responses.find((each) => each.emergencyId === emergencyId && each.volunteerId === who);
          const withdrew = own?.status === ResponseStatus.WITHDRAWN && own.completedMs === null;
          return withdrew ? undefined : `${who} was refused to watch ${emergencyId}: ${refused}`;
        }
        if (version > row.version)
          return `${who} was shown version ${version} of ${emergencyId}, the database has ${row.version}`;
        if (isOpen(row.status) && version === row.version) return undefined;
        if (status === row.status && version === row.version) return undefined;
        return `${who} saw ${emergencyId} last as ${emergencyStatus(status)} (${version}) over ${way}, it is ${emergencyStatus(row.status)} (${row.version}); streams ${JSON.stringify(streams)}`;
      },
      ({ emergencyId }) => emergencyId,
    );
  },
};

/** Whoever signed out stays so, whatever Redis forgot. */
export const signedOutStaysSo: Check = {
  promise: 'who signed out is let in no more',
  run: ({ signedOut }) =>
    each(signedOut, ({ userId, stillLetIn }) => (stillLetIn ? `${userId} signed out and is still let in` : undefined)),
};
