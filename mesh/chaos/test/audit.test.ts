import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmergencyStatus, OfferStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Channel, DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { audit, checks } from '../audit/audit.ts';
import type { Evidence } from '../audit/evidence.ts';
import { attribute } from '../audit/gather.ts';
import { cleanEvidence, type Draft } from './clean-evidence.ts';

type Spoil = (evidence: Draft<Evidence>) => void;

const first = <T>(list: T[]): T => {
  const [found] = list;
  assert.ok(found);
  return found;
};
const find = <T>(list: T[], holds: (one: T) => boolean): T => first(list.filter(holds));
const without = <T>(list: T[], holds: (one: T) => boolean) => {
  const index = list.findIndex(holds);
  assert.notEqual(index, -1);
  list.splice(index, 1);
};
const operation = (evidence: Draft<Evidence>, kind: string) =>
  find(evidence.journal.operations, (one) => one.kind === kind);
const helped = (evidence: Draft<Evidence>) => first(evidence.emergency.emergencies);
const lonely = (evidence: Draft<Evidence>) => find(evidence.emergency.emergencies, ({ id }) => id === 'lonely');

/** For each promise, what breaks it: how a bug would look in what the auditor reads. */
const bugs: Readonly<Record<string, Readonly<Record<string, Spoil>>>> = {
  'no acknowledged press is lost': {
    'a row is gone': (e) => without(e.emergency.emergencies, ({ id }) => id === 'lonely'),
    'an event never reached the stream': (e) =>
      without(
        e.streams.emergency,
        ({ aggregateId, emergency }) => aggregateId === 'lonely' && emergency?.kind === 'requested',
      ),
    "somebody got another's emergency": (e) => Object.assign(lonely(e), { requesterId: 'rina' }),
  },
  'no press counts twice': {
    'two rows for one request': (e) => e.emergency.emergencies.push({ ...helped(e), id: 'again' }),
    'two acknowledgements differ': (e) => Object.assign(operation(e, 'press'), { gotId: 'lonely' }),
    'an emergency nobody pressed': (e) => e.emergency.emergencies.push({ ...helped(e), id: 'ghost', requestId: 'r9' }),
    'a refused press took effect': (e) => {
      for (const each of e.journal.operations) if (each.requestId === 'r2') each.outcome = 'refused';
    },
  },
  'every press in calm is acknowledged in time': {
    'much too late': (e) => {
      for (const each of e.journal.operations) if (each.kind === 'press') each.endedMs = each.beganMs + 40_000;
    },
    never: (e) =>
      Object.assign(
        find(e.journal.operations, ({ requestId }) => requestId === 'r2'),
        { outcome: 'unknown' },
      ),
  },
  'every emergency is offered or escalated in time': {
    'never attended to': (e) =>
      Object.assign(lonely(e), {
        firstOfferMs: null,
        escalatedMs: null,
        cancelledMs: null,
        status: EmergencyStatus.PENDING,
      }),
    'too late': (e) =>
      Object.assign(helped(e), {
        firstOfferMs: helped(e).createdMs + 40_000,
        completedMs: helped(e).createdMs + 50_000,
      }),
  },
  'what lacks responders is handed over in time': {
    'never handed over': (e) => Object.assign(lonely(e), { escalatedMs: null }),
    'too late': (e) =>
      Object.assign(lonely(e), {
        escalatedMs: lonely(e).createdMs + 31_000,
        cancelledMs: lonely(e).createdMs + 60_000,
      }),
  },
  'never more responders than needed': {
    'a third in the database': (e) =>
      e.emergency.responses.push({ ...first(e.emergency.responses), volunteerId: 'v3' }),
    'a third for a while': (e) =>
      e.streams.emergency.splice(4, 0, {
        ...first(e.streams.emergency),
        ...{ id: 'x', emergency: { kind: 'accepted', volunteerId: 'v3', requesterId: 'rina', atMs: 0 } },
      }),
    'one on two at once': (e) => {
      for (const emergencyId of ['helped', 'lonely'])
        e.emergency.responses.push({
          ...first(e.emergency.responses),
          emergencyId,
          volunteerId: 'v9',
          status: ResponseStatus.ARRIVED,
        });
    },
  },
  'nobody responds to two emergencies at a time': {
    'accepted meanwhile': (e) =>
      e.streams.emergency.push({
        ...first(e.streams.emergency),
        ...{ id: 'x', aggregateId: 'lonely' },
        emergency: {
          kind: 'accepted',
          volunteerId: 'v1',
          requesterId: 'sari',
          atMs: (helped(e).completedMs ?? 0) - 1_000,
        },
      }),
  },
  'no acknowledged answer is lost': {
    'an acceptance': (e) => without(e.emergency.responses, ({ volunteerId }) => volunteerId === 'v1'),
    'a decline': (e) => Object.assign(operation(e, 'accept'), { kind: 'decline', who: 'v3' }),
    'setting out': (e) => Object.assign(first(e.emergency.responses), { enRouteMs: null }),
    arriving: (e) => Object.assign(first(e.emergency.responses), { arrivedMs: null }),
    withdrawing: (e) => Object.assign(operation(e, 'progress'), { kind: 'withdraw' }),
    'a completion': (e) => Object.assign(helped(e), { status: EmergencyStatus.RESPONDING }),
    'a cancellation': (e) => Object.assign(lonely(e), { status: EmergencyStatus.PENDING }),
    'a position': (e) => Object.assign(first(e.volunteers), { measuredMs: 1 }),
    'a registration': (e) => e.userIds.delete('nina'),
  },
  'every tap in WhatsApp is one answer': {
    'a tap is lost': (e) => e.streams.notification.pop(),
    'a tap counts twice': (e) => e.streams.notification.push({ ...first(e.streams.notification), id: 'a2' }),
  },
  'what was refused has no effect': {
    'a refused responder': (e) => e.emergency.responses.push({ ...first(e.emergency.responses), volunteerId: 'v3' }),
  },
  'no message is shown twice on one phone': {
    'one bubble more': (e) => {
      const bubble = find(e.phones.messages, ({ channel }) => channel === 'whatsapp');
      e.phones.messages.push({ ...bubble, id: 'm2' });
    },
    'two notifications of one offer': (e) =>
      e.notification.notifications.push({
        ...first(e.notification.notifications),
        id: 'n2',
        sourceEventId: 'helped-2',
      }),
    'a push without its tag': (e) => {
      const push = find(e.phones.messages, ({ channel }) => channel === 'push');
      e.phones.messages.push({ ...push, id: 'm3' });
    },
  },
  'everybody concerned is notified, once an event': {
    'an offer nobody heard of': (e) =>
      without(e.notification.notifications, ({ userId, kind }) => userId === 'v2' && kind === 'emergency_offer'),
    'a requester not told': (e) => without(e.notification.notifications, ({ kind }) => kind === 'responder_arrived'),
    'told of nothing': (e) =>
      e.notification.notifications.push({
        ...first(e.notification.notifications),
        id: 'n3',
        sourceEventId: 'none',
        offerId: null,
      }),
  },
  'phones hold what was sent, and only that': {
    'marked as sent and not there': (e) => without(e.phones.messages, ({ channel }) => channel === 'whatsapp'),
    'a mail not there': (e) => Object.assign(first(e.notification.deliveries), { channel: Channel.EMAIL }),
    'a push not there': (e) => without(e.phones.messages, ({ channel }) => channel === 'push'),
    'still under way': (e) => Object.assign(first(e.notification.deliveries), { status: DeliveryStatus.SENDING }),
    'given up': (e) => Object.assign(first(e.notification.deliveries), { status: DeliveryStatus.FAILED, error: 'X' }),
    'skipped for no reason': (e) =>
      Object.assign(first(e.notification.deliveries), { status: DeliveryStatus.SKIPPED, error: 'WHY' }),
    "on somebody else's phone": (e) =>
      Object.assign(
        find(e.phones.messages, ({ channel }) => channel === 'push'),
        { phone: '+62v4' },
      ),
    "in somebody else's WhatsApp": (e) =>
      Object.assign(
        find(e.phones.messages, ({ channel }) => channel === 'whatsapp'),
        { to: '+62v4' },
      ),
    'from nowhere': (e) =>
      e.phones.messages.push({ ...first(e.phones.messages), id: 'm9', data: { notification_id: 'n9' } }),
  },
  'alerts made in calm reach their phones in time': {
    'after half a minute': (e) => {
      for (const message of e.phones.messages)
        message.receivedAt = new Date(Date.parse(message.receivedAt) + 30_000).toISOString();
      for (const offer of e.emergency.offers) offer.closedMs = (offer.closedMs ?? 0) + 60_000;
    },
    nowhere: (e) => {
      e.phones.messages = [];
    },
  },
  'events of each emergency are in order': {
    'accepted before offered': (e) => swap(e.streams.emergency, 1, 2),
    'closed and then more': (e) => swap(e.streams.emergency, 6, 7),
    'requested last': (e) => swap(e.streams.emergency, 0, 7),
    "not the outbox's": (e) => swap(e.outboxes.emergency.rows, 5, 6),
    'offered again while it stands': (e) =>
      e.streams.emergency.splice(2, 0, {
        ...first(e.streams.emergency),
        ...{ id: 'x', emergency: { kind: 'offered', offers: [{ offerId: 'o9', volunteerId: 'v1' }] } },
      }),
    'the same under another id': (e) => {
      const accepted = find(e.streams.emergency, ({ emergency }) => emergency?.kind === 'accepted');
      e.streams.emergency.splice(4, 0, { ...accepted, id: 'x' });
    },
  },
  'events say what the database holds': {
    'closed in silence': (e) => without(e.streams.emergency, ({ emergency }) => emergency?.kind === 'completed'),
    'an acceptance untold': (e) => without(e.streams.emergency, ({ emergency }) => emergency?.kind === 'accepted'),
    'an offer untold': (e) => e.emergency.offers.push({ ...first(e.emergency.offers), id: 'o9', volunteerId: 'v9' }),
    'an escalation untold': (e) => without(e.streams.emergency, ({ emergency }) => emergency?.kind === 'escalated'),
  },
  'every state is one that can be': {
    'closed with an offer open': (e) =>
      Object.assign(first(e.emergency.offers), { status: OfferStatus.OPEN, closedMs: null }),
    'closed with somebody on it': (e) =>
      Object.assign(first(e.emergency.responses), { status: ResponseStatus.ARRIVED }),
    'closed and still dispatched': (e) => Object.assign(helped(e), { nextStepMs: 1 }),
    'open and forgotten by dispatch': (e) =>
      Object.assign(lonely(e), { status: EmergencyStatus.PENDING, cancelledMs: null }),
    'completed at no time': (e) => Object.assign(helped(e), { completedMs: null }),
    'both ends': (e) => Object.assign(helped(e), { cancelledMs: 1 }),
    'assigned to nobody': (e) =>
      Object.assign(lonely(e), { status: EmergencyStatus.ASSIGNED, cancelledMs: null, nextStepMs: 1 }),
    'a responder without an offer': (e) => without(e.emergency.offers, ({ volunteerId }) => volunteerId === 'v1'),
  },
  'services agree who is on which emergency': {
    'engaged for ever': (e) => Object.assign(first(e.volunteers), { engagedEmergencyId: 'helped' }),
    'never engaged': (e) => Object.assign(first(e.emergency.responses), { status: ResponseStatus.ACCEPTED }),
  },
  "a watcher's last state is the database's": {
    'never told of the end': (e) =>
      Object.assign(first(e.journal.watched), { status: EmergencyStatus.RESPONDING, version: 5 }),
    'an older state after a newer': (e) => Object.assign(first(e.journal.watched), { streams: [[2, 5, 3, 9]] }),
    'a state that was never committed': (e) => Object.assign(first(e.journal.watched), { version: 10 }),
    'shut out': (e) => Object.assign(first(e.journal.watched), { refused: 'PermissionDenied' }),
  },
  'who signed out is let in no more': {
    'let in': (e) => Object.assign(first(e.signedOut), { stillLetIn: true }),
  },
  'every error says what it is': {
    'an internal error': (e) => Object.assign(operation(e, 'move'), { outcome: 'unknown', error: 'Internal INTERNAL' }),
    'a token not known': (e) => Object.assign(operation(e, 'move'), { outcome: 'refused', error: 'Unauthenticated' }),
  },
  'what was published is in the stream': {
    'marked and not there': (e) => without(e.streams.emergency, ({ seq }) => seq === 5),
  },
  'outboxes, consumers and queues are drained': {
    'an outbox waits': (e) => Object.assign(e.outboxes.auth, { waiting: 1 }),
    'a consumer lags': (e) => Object.assign(first(e.consumers), { pending: 1 }),
    'an event is never acknowledged': (e) => Object.assign(first(e.consumers), { unacknowledged: 1 }),
    'a webhook waits': (e) => Object.assign(e.phones, { webhooksWaiting: 1 }),
  },
  'no event was given up': {
    'one was': (e) => e.deadLetters.push({ durable: 'd', subject: 's', aggregateId: 'helped', reason: 'r' }),
  },
  'every process is up and none crashed by itself': {
    'one is away': (e) => e.machine.unhealthy.push('auth'),
    'one crashed': (e) => Object.assign(first(e.machine.ends), { asked: false }),
    'all came back late': (e) => Object.assign(e.times, { lastFaultMs: e.times.calmMs - 50_000 }),
  },
  'no orphan process': {
    'one is left': (e) => e.machine.orphans.push('node main.ts (7)'),
  },
  'no orphan connection': {
    'one end only': (e) => Object.assign(first(e.machine.links), { dangling: 1 }),
    'half-open and held': (e) => Object.assign(first(e.machine.links), { forgotten: 1 }),
    'more than are used': (e) => Object.assign(first(e.machine.links), { connections: 2 }),
    'a transaction nobody ends': (e) =>
      Object.assign(first(e.machine.sessions), { state: 'idle in transaction', forMs: 9_000 }),
  },
};

function swap<T>(list: T[], one: number, other: number): void {
  [list[one], list[other]] = [list[other] as T, list[one] as T];
}

test('a run that went well breaks no promise, and every promise looked at something', () => {
  for (const { promise, checked, violations } of audit(cleanEvidence())) {
    assert.deepEqual(violations, [], promise);
    assert.ok(checked > 0, promise);
  }
});

test('there is a bug against every promise', () => {
  assert.deepEqual(checks.map(({ promise }) => promise).toSorted(), Object.keys(bugs).toSorted());
});

for (const [promise, spoils] of Object.entries(bugs)) {
  for (const [name, spoil] of Object.entries(spoils)) {
    test(`the auditor sees: ${promise}, when ${name}`, () => {
      const evidence = cleanEvidence();
      spoil(evidence);
      const verdict = audit(evidence).find((each) => each.promise === promise);
      assert.notEqual(verdict?.violations.length, 0);
      assert.ok((verdict?.violations[0]?.text.length ?? 0) > 10, 'it says what is wrong');
    });
  }
}

test('an end is a crash unless a fault asked for it, or it follows such an end while other parts are away', () => {
  const end = (name: string, atMs: number) => ({ name, atMs, reason: 'exit code 1' });
  const attributed = attribute(
    [end('auth', 1_000), end('auth', 3_000), end('gateway', 1_000), end('auth', 90_000)],
    [{ name: 'auth', atMs: 900 }],
  );
  assert.deepEqual(
    attributed.map(({ asked }) => asked),
    [true, true, false, false],
  );
});
