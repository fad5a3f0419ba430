import { EmergencyStatus, OfferStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Operation } from '../../load/journal.ts';
import { type Check, each, groupBy } from '../check.ts';
import type { EmergencyRow, Evidence, OfferRow, ResponseRow } from '../evidence.ts';
import { firstOfEach } from './order.ts';

interface Found {
  readonly emergency: EmergencyRow | undefined;
  /** Of the one who did it. */
  readonly response: ResponseRow | undefined;
  readonly offers: readonly OfferRow[];
  readonly evidence: Evidence;
}

/** Accepting, declining, coming, closing: what was acknowledged is in the database. */
export const noAnswerLost: Check = {
  promise: 'no acknowledged answer is lost',
  run(evidence) {
    const find = finder(evidence);
    const acknowledged = evidence.journal.operations.filter(
      ({ outcome, kind, way }) => outcome === 'ok' && kind !== 'press' && way !== 'whatsapp',
    );
    return each(
      acknowledged,
      (operation) => {
        const lost = lostOf(operation, find(operation));
        return lost && `${operation.kind} ${operation.id} by ${operation.who} was acknowledged, and ${lost}`;
      },
      ({ emergencyId }) => emergencyId,
    );
  },
};

function lostOf(
  { kind, detail, gotId = '', who }: Operation,
  { emergency, response, offers, evidence }: Found,
): string | undefined {
  switch (kind) {
    case 'accept':
      return response ? undefined : 'is no responder';
    case 'decline':
      return offers.some(({ status }) => status === OfferStatus.DECLINED) ? undefined : 'has declined nothing';
    case 'progress': {
      if (detail === ResponseStatus.EN_ROUTE) return response?.enRouteMs ? undefined : 'never set out';
      return response?.arrivedMs ? undefined : 'never arrived';
    }
    case 'withdraw':
      return response?.status === ResponseStatus.WITHDRAWN ? undefined : 'has not withdrawn';
    case 'complete':
      return emergency?.status === EmergencyStatus.COMPLETED ? undefined : 'it is not completed';
    case 'cancel':
      return emergency?.status === EmergencyStatus.CANCELLED ? undefined : 'it is not cancelled';
    case 'move': {
      const stored = evidence.volunteers.find(({ id }) => id === who)?.measuredMs ?? 0;
      return stored >= Number(detail) ? undefined : `an older position is stored, of ${new Date(stored).toISOString()}`;
    }
    case 'register':
      return evidence.userIds.has(gotId) ? undefined : `${gotId} is not known`;
    case 'sign out':
    case 'press':
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** A tap that WhatsApp took becomes an answer, once. */
export const noTapLost: Check = {
  promise: 'every tap in WhatsApp is one answer',
  run({ journal, streams }) {
    const key = (emergencyId: string, volunteerId: string) => `${emergencyId} ${volunteerId}`;
    const answers = groupBy(
      firstOfEach(streams.notification).filter(({ answeredBy }) => answeredBy !== undefined),
      ({ aggregateId, answeredBy = '' }) => key(aggregateId, answeredBy),
    );
    const tapped = journal.operations.filter(({ way }) => way === 'whatsapp');
    const taps = groupBy(tapped, ({ emergencyId = '', who }) => key(emergencyId, who));
    const lost = each(
      tapped.filter(({ outcome }) => outcome === 'ok'),
      ({ emergencyId = '', who, kind, id }) =>
        answers.has(key(emergencyId, who)) ? undefined : `${kind} ${id} tapped by ${who} is told of in no event`,
      ({ emergencyId }) => emergencyId,
    );
    const more = [...answers]
      .filter(([who, events]) => events.length > (taps.get(who)?.length ?? 0))
      .map(([who, events]) => ({
        text: `${who} answered ${events.length} times with ${taps.get(who)?.length ?? 0} taps`,
        emergencyId: events[0]?.aggregateId,
      }));
    return { checked: lost.checked, violations: [...lost.violations, ...more] };
  },
};

/** What was refused every time has had no effect. */
export const noRefusedEffect: Check = {
  promise: 'what was refused has no effect',
  run(evidence) {
    const find = finder(evidence);
    const { operations } = evidence.journal;
    const key = ({ who, emergencyId }: Operation) => `${who} ${emergencyId}`;
    const possible = new Set(
      operations.filter(({ kind, outcome }) => kind === 'accept' && outcome !== 'refused').map(key),
    );
    const refused = operations.filter(
      (one) => one.kind === 'accept' && one.outcome === 'refused' && !possible.has(key(one)),
    );
    return each(
      refused,
      (operation) =>
        find(operation).response ? `${operation.who} was refused (${operation.error}) and is a responder` : undefined,
      ({ emergencyId }) => emergencyId,
    );
  },
};

/** What signing out is told when it was done before, and the answer lost. */
const SIGNED_OUT = /TOKEN_REVOKED$/;
const NOBODY_KNOWS = /^(Internal|Unknown|DataLoss|Unimplemented|Unauthenticated|InvalidArgument)\b/;

/** Whatever fails, an error says what it is: never that something unexpected happened, nor that somebody signed in is not. */
export const errorsAreClear: Check = {
  promise: 'every error says what it is',
  run({ journal }) {
    const ended = journal.operations.filter(({ outcome }) => outcome !== undefined);
    const found = each(
      ended,
      ({ id, kind, way, error, beganMs }) =>
        error && NOBODY_KNOWS.test(error) && !(kind === 'sign out' && SIGNED_OUT.test(error))
          ? `${kind} ${id} over ${way} at ${new Date(beganMs).toISOString()}: ${error}`
          : undefined,
      ({ emergencyId }) => emergencyId,
    );
    const unclear = ended.filter(({ outcome }) => outcome === 'unknown').length;
    return { ...found, note: `${unclear} were tried again after no answer` };
  },
};

function finder(evidence: Evidence): (operation: Operation) => Found {
  const { emergencies, responses, offers } = evidence.emergency;
  const byId = new Map(emergencies.map((row) => [row.id, row]));
  const key = (emergencyId: string, volunteerId: string) => `${emergencyId} ${volunteerId}`;
  const byResponder = new Map(responses.map((row) => [key(row.emergencyId, row.volunteerId), row]));
  const byOffered = Map.groupBy(offers, (row) => key(row.emergencyId, row.volunteerId));
  return ({ emergencyId = '', who }) => ({
    emergency: byId.get(emergencyId),
    response: byResponder.get(key(emergencyId, who)),
    offers: byOffered.get(key(emergencyId, who)) ?? [],
    evidence,
  });
}
