import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { type Erasure, ErasureState } from '@kreki/gen/kreki/auth/v1/erasure_pb.js';
import { PrivacyService } from '@kreki/gen/kreki/auth/v1/privacy_service_pb.js';
import { CancelReason, ResponseStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Decision, EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { reasonOf } from '@kreki/runtime/errors';
import { tracesOf } from '@kreki/runtime/testing/holdings';
import pg from 'pg';
import { findPortBlock } from '../../chaos/environment/port-block.ts';
import { type ServiceName, serviceNames } from '../../topology.ts';
import { type BroughtUp, bringUp } from '../bring-up.ts';
import { goOnDuty, onboard } from '../drill/onboard.ts';
import { type Person, register, signIn } from '../drill/person.ts';
import { phone } from '../drill/phone.ts';
import { dataFolder } from '../folders.ts';
import { Processes } from '../processes.ts';
import { makeRunFolder, removeRunFolder } from '../run-folder.ts';
import { seed } from '../seed.ts';
import { Steps } from '../steps.ts';

const timeout = 600_000;
/** Far from where the roster's volunteers are: in the south of Bali. */
const PLACE = { latitude: -8.7184, longitude: 115.1686 };
const DETAILS = {
  email: 'rina.terlupa@kreki.example',
  phone: '+628134567890',
  password: 'Terlupa-119',
  fullName: 'Rina Terlupa',
};

let folder: string;
let processes: Processes;
let up: BroughtUp;
let rina: Person;
let citizen: Person;
let dispatcher: Person;

/** Rina has been everything one can be: a volunteer who was asked, came and helped, and somebody who pressed. */
before(
  async () => {
    folder = await makeRunFolder(join(dataFolder, 'forgotten'));
    processes = new Processes({ folder, onEnd: () => undefined });
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.endsWith('_URL')));
    const { ports } = await findPortBlock();
    up = await bringUp({ folder, env, disposable: true, ports, processes, steps: new Steps() });
    const { edgeUrl, simulatorsUrl } = up.mesh;
    const accounts = await seed(up.mesh);
    const as = (role: string) => {
      const account = accounts.find((each) => each.role === role);
      return signIn(edgeUrl, account?.email ?? '', account?.password ?? '');
    };
    const admin = await as('admin');
    dispatcher = await as('dispatcher');
    rina = await onboard(edgeUrl, DETAILS, admin, dispatcher);
    await goOnDuty(rina, PLACE);
    citizen = await register(edgeUrl, {
      ...DETAILS,
      email: 'citizen2@kreki.example',
      phone: '+628134567891',
      fullName: 'Budi',
    });
    const id = await press(citizen);
    await phone(simulatorsUrl, DETAILS.phone).first('whatsapp', 0, 60_000);
    const emergencies = rina.call(EmergencyService);
    await emergencies.respond({ id, decision: Decision.ACCEPT });
    await emergencies.updateResponse({ id, status: ResponseStatus.ARRIVED });
    await emergencies.complete({ id });
  },
  { timeout },
);
after(async () => {
  await processes?.stop();
  removeRunFolder(folder);
});

async function press(person: Person, description = ''): Promise<string> {
  const location = { ...PLACE, accuracyMeters: 10 };
  const pressed = { location, severity: Severity.NORMAL, description };
  const { emergency } = await person.call(EmergencyService).triggerPanic(pressed);
  return emergency?.id ?? '';
}

const refusal = async (call: Promise<unknown>) => {
  const error = await call.then(() => undefined, ConnectError.from);
  return error && `${Code[error.code]} ${reasonOf(error)}`;
};

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 120_000; !(await holds()); await sleep(100)) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
  }
}

/** Tables of each service in which one of the texts is. */
async function traces(texts: readonly string[]): Promise<Partial<Record<ServiceName, string[]>>> {
  const found: Partial<Record<ServiceName, string[]>> = {};
  for (const name of serviceNames) {
    const url = new URL(up.urls.postgres);
    url.pathname = new URL(up.databaseUrls[name]).pathname;
    const pool = new pg.Pool({ connectionString: url.href, max: 1 });
    const tables = await tracesOf(pool, texts).finally(() => pool.end());
    if (tables.length > 0) found[name] = tables;
  }
  return found;
}

test('over REST a person gets everything, a line each, from every service', { timeout }, async () => {
  const own = await press(rina, 'Jalan Melati 7, pagar hijau');
  const withPassword = { password: DETAILS.password };
  assert.equal(
    await refusal(rina.call(PrivacyService).requestErasure(withPassword)),
    'FailedPrecondition EMERGENCY_OPEN',
  );
  await rina.call(EmergencyService).cancel({ id: own, reason: CancelReason.FALSE_ALARM });
  const headers = { authorization: `Bearer ${rina.accessToken}` };
  const answer = await fetch(`${up.mesh.edgeUrl}/api/auth/me/export`, { headers });
  const lines = (await answer.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { summary } = lines.pop();
  assert.deepEqual(Object.keys(summary.records).sort(), [
    'audit.about_you',
    'audit.by_you',
    'auth.account',
    'auth.session',
    'emergency.dispatch_decision',
    'emergency.emergency',
    'emergency.offer',
    'emergency.response',
    'notification.contact',
    'notification.delivery',
    'notification.device',
    'notification.notification',
    'volunteer.engagement',
    'volunteer.profile',
  ]);
  assert.equal(
    lines.length,
    Object.values(summary.records).reduce((sum: number, count) => sum + Number(count), 0),
  );
  const text = JSON.stringify(lines);
  for (const own of [DETAILS.email, DETAILS.phone, DETAILS.fullName, 'pagar hijau', 'Profil relawan']) {
    assert.ok(text.includes(own), own);
  }
});

test('nothing is half done: with one service hanging and KREKI ID killed in the middle, everything lets go', {
  timeout,
}, async () => {
  const hanging = processes.find('notification');
  const { pid } = hanging;
  assert.ok(pid, 'it runs');
  process.kill(pid, 'SIGSTOP');
  const requestId = randomUUID();
  const { erasure } = await rina.call(PrivacyService).requestErasure({ password: DETAILS.password, requestId });
  assert.equal(erasure?.id, requestId);
  assert.equal(await refusal(rina.call(AuthService).getMe({})), 'Unauthenticated TOKEN_REVOKED');

  const status = async (): Promise<Erasure | undefined> => {
    const call = citizen.call(PrivacyService).getErasure({ erasureId: requestId });
    return (await call.catch(() => undefined))?.erasure;
  };
  await until(async () => {
    const done = (await status())?.progress.filter(({ eraseTime }) => eraseTime).map(({ service }) => service);
    return String(done) === 'emergency,volunteer';
  }, 'two services let go while the third hangs');
  assert.equal((await status())?.state, ErasureState.RUNNING);
  processes.find('auth').kill();
  await sleep(1_000);
  process.kill(pid, 'SIGCONT');
  await until(async () => (await status())?.state === ErasureState.ERASED, 'all three have let go');

  assert.deepEqual(await traces([rina.userId]), { auth: ['erasures', 'revocations'], notification: ['contact'] });
  const theirs = [DETAILS.phone, DETAILS.email, DETAILS.fullName, 'pagar hijau'];
  assert.deepEqual(await traces(theirs), {});
});

test('the person is asked for nothing any more, and may begin anew with the same e-mail and phone', {
  timeout,
}, async () => {
  const since = Date.now();
  const id = await press(citizen);
  await until(async () => {
    const { decisions } = await dispatcher.call(EmergencyService).listDispatchDecisions({ id, pageSize: 500 });
    assert.ok(!decisions.some(({ volunteerId }) => volunteerId === rina.userId));
    return decisions.length > 0;
  }, 'dispatch looked for somebody');
  await citizen.call(EmergencyService).cancel({ id, reason: CancelReason.RESOLVED });
  assert.deepEqual(await phone(up.mesh.simulatorsUrl, DETAILS.phone).messages(since), []);
  const again = await register(up.mesh.edgeUrl, DETAILS);
  assert.notEqual(again.userId, rina.userId);
});
