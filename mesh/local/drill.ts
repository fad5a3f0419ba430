import { randomBytes, randomUUID } from 'node:crypto';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { Category, EmergencyStatus, ResponseStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Decision, EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { DutyStatus } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { goOnDuty, onboard } from './drill/onboard.ts';
import { type Person, register, signIn } from './drill/person.ts';
import { phone } from './drill/phone.ts';
import { Timeline } from './drill/timeline.ts';
import type { Account, Drill } from './mesh.ts';

const MONAS = { latitude: -6.175392, longitude: 106.827153 };
const METERS_PER_DEGREE = 111_320;
const PATIENCE_MS = 20_000;

const TARGET_MS = { acknowledged: 500, offered: 5_000, received: 10_000 };

/**
 * The main job, once, over the edge as phones would do it: a citizen presses at Monas, the nearest volunteers' phones receive the alert,
 * one declines, two accept, move, arrive and complete, and the citizen watches it.
 */
export const drill: Drill = async (mesh, accounts) => {
  const { edgeUrl } = mesh;
  const [admin, dispatcher, first, second] = await Promise.all([
    signInAs(edgeUrl, accounts, 'admin'),
    signInAs(edgeUrl, accounts, 'dispatcher'),
    signInAs(edgeUrl, accounts, 'volunteer', 0),
    signInAs(edgeUrl, accounts, 'volunteer', 1),
  ]);

  const stamp = Date.now();
  const somebody = (name: string, index: number) => ({
    email: `drill-${stamp}-${index}@kreki.example`,
    phone: `+62813${String(stamp).slice(-7)}${index}`,
    password: `Drill-${randomBytes(9).toString('base64url')}1`,
    fullName: name,
  });
  const citizen = await register(edgeUrl, somebody('Rina Drill', 1));
  const third = await onboard(edgeUrl, somebody('Tono Drill', 2), admin, dispatcher);
  await Promise.all([first, second, third].map((volunteer, index) => goOnDuty(volunteer, north(80 + 40 * index))));

  const requester = citizen.call(EmergencyService);
  const pressedMs = Date.now();
  const timeline = new Timeline(pressedMs);
  timeline.add('pressed', { at: pressedMs, note: 'Monas, critical' });
  const { emergency } = await requester.triggerPanic({
    location: { ...MONAS, accuracyMeters: 12 },
    severity: Severity.CRITICAL,
    category: Category.CARDIAC_ARREST,
    requestId: randomUUID(),
  });
  timeline.add('acknowledged', { targetMs: TARGET_MS.acknowledged, note: 'committed with its event' });
  const id = emergency?.id ?? '';
  const seen = watch(citizen, id);
  // Should the drill end early, what it says is that, and not that the watch was cut short.
  seen.catch(() => undefined);

  const phones = [first, second, third].map((volunteer) => phone(mesh.simulatorsUrl, volunteer.phone));
  const received = async (channel: 'push' | 'whatsapp') => {
    const all = await Promise.all(phones.map((each) => each.first(channel, pressedMs, PATIENCE_MS)));
    return Math.max(...all.map(({ receivedAt }) => Date.parse(receivedAt)));
  };
  const [pushMs, whatsappMs] = await Promise.all([received('push'), received('whatsapp')]);
  const offers = await readOffers(dispatcher, id);
  timeline.add('first offers', { at: offers.firstMs, targetMs: TARGET_MS.offered, note: `${offers.count} volunteers` });
  timeline.add('push received', { at: pushMs, targetMs: TARGET_MS.received, note: 'by all three phones of the drill' });
  timeline.add('WhatsApp received', { at: whatsappMs, targetMs: TARGET_MS.received, note: 'by all three' });

  await third.call(EmergencyService).respond({ id, decision: Decision.DECLINE });
  timeline.add('declined', { note: 'by one' });
  await Promise.all(
    [first, second].map((each) => each.call(EmergencyService).respond({ id, decision: Decision.ACCEPT })),
  );
  timeline.add('accepted', { note: 'by two, the others’ offers withdrawn' });
  for (const status of [ResponseStatus.EN_ROUTE, ResponseStatus.ARRIVED]) {
    await Promise.all([first, second].map((each) => move(each, id, status)));
    if (status === ResponseStatus.ARRIVED) timeline.add('arrived');
  }
  await first.call(EmergencyService).complete({ id });
  timeline.add('completed');
  await third.call(VolunteerService).setAvailability({ dutyStatus: DutyStatus.OFF_DUTY });

  const states = await seen;
  mesh.log(['', '  Drill: one press, help on the way', '', ...timeline.lines()].join('\n'));
  mesh.log(`\n  The requester saw: ${states.map((state) => EmergencyStatus[state].toLowerCase()).join(' → ')}`);
  return { ok: timeline.ok && states.at(-1) === EmergencyStatus.COMPLETED };
};

function signInAs(edgeUrl: string, accounts: readonly Account[], role: string, index = 0): Promise<Person> {
  const account = accounts.filter((each) => each.role === role)[index];
  if (!account) throw new Error(`no seeded account has the role ${role}`);
  return signIn(edgeUrl, account.email, account.password);
}

const north = (meters: number) => ({ ...MONAS, latitude: MONAS.latitude + meters / METERS_PER_DEGREE });

/** Each state once, as the requester's screen shows them, until the emergency is closed. */
async function watch(citizen: Person, id: string): Promise<EmergencyStatus[]> {
  const states: EmergencyStatus[] = [];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for await (const { emergency } of citizen.call(EmergencyService).watch({ id }, { signal })) {
    const status = emergency?.status ?? EmergencyStatus.UNSPECIFIED;
    if (states.at(-1) !== status) states.push(status);
  }
  return states;
}

async function readOffers(dispatcher: Person, id: string): Promise<{ firstMs: number; count: number }> {
  const { decisions } = await dispatcher.call(EmergencyService).listDispatchDecisions({ id, pageSize: 500 });
  const times = decisions
    .filter(({ action }) => action === DispatchAction.OFFERED)
    .flatMap(({ decideTime }) => (decideTime ? [timestampMs(decideTime)] : []));
  return { firstMs: Math.min(...times), count: times.length };
}

/** Comes closer, and says so. */
async function move(volunteer: Person, id: string, status: ResponseStatus): Promise<void> {
  const location = { ...north(status === ResponseStatus.ARRIVED ? 5 : 40), accuracyMeters: 8 };
  await volunteer.call(VolunteerService).updateLocation({ location });
  await volunteer.call(EmergencyService).updateResponse({ id, status });
}
