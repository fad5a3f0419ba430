import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { EmergencyStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Decision, EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { Platform } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { goOnDuty } from '../../local/drill/onboard.ts';
import { type Person, signIn } from '../../local/drill/person.ts';
import type { Account } from '../../local/mesh.ts';
import type { Kind } from '../objects.ts';
import type { People } from '../people/people.ts';

const MONAS = { latitude: -6.175392, longitude: 106.827153 };
/** Far from every volunteer, so that nobody is asked. */
const MERAUKE = { latitude: -8.4991, longitude: 140.4049 };
const PATIENCE_MS = 60_000;
const POLL_MS = 100;

/** Somebody who has one thing of each kind, and those who have to do with it. */
export interface Scene {
  readonly owner: Person;
  readonly responder: Person;
  /** A volunteer who was asked to come and has not answered. */
  readonly asked: Person;
  readonly things: Readonly<Record<Kind, string>>;
  /** What nobody else may read, wherever it comes up. */
  readonly secrets: readonly string[];
  /** A sentence for each of the owner's things that somebody has changed. */
  changes(): Promise<string[]>;
}

export async function setScene(edgeUrl: string, accounts: readonly Account[], people: People): Promise<Scene> {
  const volunteers = accounts.filter(({ role }) => role === 'volunteer').slice(0, 2);
  const [responder, asked] = await Promise.all(
    volunteers.map(({ email, password }) => signIn(edgeUrl, email, password)),
  );
  if (!responder || !asked) throw new Error('the mesh has no two volunteers to sign in as');
  await Promise.all([goOnDuty(responder, MONAS), goOnDuty(asked, { ...MONAS, latitude: MONAS.latitude + 0.0002 })]);

  const owner = await people.make('public');
  const emergencies = owner.call(EmergencyService);
  const description = `in confidence ${randomUUID()}`;
  const { emergency } = await emergencies.triggerPanic({ location: MONAS, description });
  const id = emergency?.id ?? '';
  await offered(people.admin, id, [responder.userId, asked.userId]);
  await responder.call(EmergencyService).respond({ id, decision: Decision.ACCEPT });

  const { user } = await owner.call(AuthService).getMe({});
  await owner.call(VolunteerService).createProfile({ displayName: user?.fullName ?? '' });
  const notifications = owner.call(NotificationService);
  const deviceToken = `device-${randomUUID()}`;
  const register = () => notifications.registerDevice({ token: deviceToken, platform: Platform.ANDROID });
  const { device } = await register();
  const elsewhere = await people.signInAgain(owner);
  const unread = async () => (await notifications.listNotifications({ unreadOnly: true })).notifications;
  const notification = await eventually('the requester is told of the responder', async () => (await unread())[0]?.id);

  const things = {
    emergency: id,
    session: sessionOf(elsewhere),
    profile: owner.userId,
    device: device?.id ?? '',
    notification,
  };
  return {
    owner,
    responder,
    asked,
    things,
    secrets: [user?.email ?? '', user?.phone ?? '', user?.fullName ?? '', description, deviceToken],
    async changes() {
      const now = (await emergencies.get({ id })).emergency?.status;
      const signedIn = await elsewhere
        .call(AuthService)
        .getMe({})
        .catch(() => undefined);
      const checks: [string, boolean][] = [
        ['the emergency was closed', now === EmergencyStatus.CANCELLED || now === EmergencyStatus.COMPLETED],
        ['the session was ended', signedIn === undefined],
        ['the device was removed', (await register()).device?.id !== things.device],
        ['the notification was marked', !(await unread()).some((each) => each.id === notification)],
      ];
      return checks.filter(([, changed]) => changed).map(([what]) => what);
    },
  };
}

/** A new thing of somebody's own; undefined where they can have none, or none can be made at will. */
export async function makeThing(kind: Kind, person: Person, people: People): Promise<string | undefined> {
  switch (kind) {
    case 'emergency': {
      const pressed = person.call(EmergencyService).triggerPanic({ location: MERAUKE });
      return pressed.then(({ emergency }) => emergency?.id).catch(() => undefined);
    }
    case 'session':
      return sessionOf(await people.signInAgain(person));
    case 'device': {
      const token = `device-${randomUUID()}`;
      return (await person.call(NotificationService).registerDevice({ token, platform: Platform.IOS })).device?.id;
    }
    case 'profile':
      return person.userId;
    case 'notification':
      return undefined;
    default:
      return kind satisfies never;
  }
}

const sessionOf = ({ accessToken }: Person): string =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).sid;

async function offered(admin: Person, id: string, volunteerIds: readonly string[]): Promise<void> {
  await eventually('both volunteers are asked', async () => {
    const { decisions } = await admin.call(EmergencyService).listDispatchDecisions({ id, pageSize: 500 });
    const asked = decisions.filter(({ action }) => action === DispatchAction.OFFERED).map((each) => each.volunteerId);
    return volunteerIds.every((each) => asked.includes(each)) || undefined;
  });
}

async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`${what}: it did not happen within ${PATIENCE_MS / 1_000} s`);
}
