import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { CancelReason, EmergencyStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { findPortBlock } from '../../chaos/environment/port-block.ts';
import { bringUp } from '../bring-up.ts';
import { dataFolder } from '../folders.ts';
import { Processes } from '../processes.ts';
import { restart } from '../restart.ts';
import { makeRunFolder, removeRunFolder } from '../run-folder.ts';
import { Steps } from '../steps.ts';

/** As long as five restarts and a start of everything may take on a machine that is busy otherwise. */
const timeout = 600_000;
const PASSWORD = 'Rolling-restart-1';
const MONAS = { latitude: -6.175392, longitude: 106.827153 };

let folder: string;
let processes: Processes;
let transports: Record<'http' | 'h2c', Transport>;
const ended: string[] = [];

before(
  async () => {
    folder = await makeRunFolder(join(dataFolder, 'rolling'));
    processes = new Processes({ folder, onEnd: (name, reason) => ended.push(`${name} ended: ${reason}`) });
    const steps = new Steps();
    const { ports } = await findPortBlock();
    const given = Object.entries(process.env).filter(([name]) => !name.endsWith('_URL'));
    // Calls that a busy machine sheds would be failures of the machine, and not of the restart.
    const env = { ...Object.fromEntries(given), SHED_DELAY: '0ms' };
    const { mesh } = await bringUp({ folder, env, disposable: true, ports, processes, steps });
    transports = {
      http: createConnectTransport({ baseUrl: mesh.edgeUrl, httpVersion: '1.1' }),
      h2c: createGrpcTransport({ baseUrl: mesh.h2cUrl }),
    };
  },
  { timeout },
);
after(async () => {
  await processes?.stop();
  removeRunFolder(folder);
});

/** Somebody who calls all the time, until told to stop; every failure is kept. */
class Caller {
  calls = 0;
  readonly failures: string[] = [];
  readonly #transport: Transport;
  readonly #email: string;
  #headers: Record<string, string> = {};

  constructor(transport: Transport, email: string) {
    this.#transport = transport;
    this.#email = email;
  }

  async signUp(): Promise<void> {
    const account = { email: this.#email, password: PASSWORD, fullName: 'Rolling Restart' };
    const { accessToken } = await createClient(AuthService, this.#transport).register(account);
    this.#headers = { authorization: `Bearer ${accessToken}` };
  }

  /** Reads, a sign-in that must not be sent twice, and a press with its cancellation, in turn. */
  async goOn(stop: AbortSignal): Promise<void> {
    const options = { headers: this.#headers };
    const auth = createClient(AuthService, this.#transport);
    const emergencies = createClient(EmergencyService, this.#transport);
    const notifications = createClient(NotificationService, this.#transport);
    const press = async () => {
      const { emergency } = await emergencies.triggerPanic({ location: MONAS }, options);
      const id = emergency?.id ?? '';
      await emergencies.get({ id }, options);
      await emergencies.cancel({ id, reason: CancelReason.FALSE_ALARM }, options);
    };
    const kinds: (() => Promise<unknown>)[] = [
      () => auth.getMe({}, options),
      () => auth.login({ email: this.#email, password: PASSWORD }),
      () => notifications.listNotifications({}, options),
      () => emergencies.listActive({}, options),
      press,
    ];
    while (!stop.aborted) {
      for (const call of kinds) {
        await call()
          .catch((error: unknown) => (isRefusedStream(error) ? call() : Promise.reject(error)))
          .catch((error) => this.failures.push(`${call} ${ConnectError.from(error)}`));
        this.calls += 1;
        await sleep(100);
      }
    }
  }

  /** Follows an emergency of one's own, calling again whenever told that it is not available now. */
  async follow(): Promise<{
    seen: EmergencyStatus[];
    opened: number;
    cancel: () => Promise<void>;
    done: Promise<void>;
  }> {
    const emergencies = createClient(EmergencyService, this.#transport);
    const options = { headers: this.#headers };
    const { emergency } = await emergencies.triggerPanic({ location: MONAS }, options);
    const id = emergency?.id ?? '';
    const state = { seen: [] as EmergencyStatus[], opened: 0 };
    const done = (async () => {
      while (state.seen.at(-1) !== EmergencyStatus.CANCELLED) {
        state.opened += 1;
        try {
          for await (const change of emergencies.watch({ id }, options)) state.seen.push(change.emergency?.status ?? 0);
        } catch (error) {
          const { code, metadata } = ConnectError.from(error);
          if (code !== Code.Unavailable) throw error;
          await sleep(1_000 * Number(metadata.get('retry-after') ?? 0));
        }
      }
    })();
    const cancel = async () => void (await emergencies.cancel({ id, reason: CancelReason.RESOLVED }, options));
    return Object.assign(state, { cancel, done });
  }
}

/** A stream opened in the instant in which the edge says that it goes is refused, unserved: gRPC's clients send it again by themselves, not this one. */
const isRefusedStream = (error: unknown): boolean => String(error).includes('NGHTTP2_REFUSED_STREAM');

test('every service and the edge are replaced under load, and no call fails; streams go on where they were', {
  timeout,
}, async () => {
  const callers = [0, 1, 2, 3, 4, 5].map(
    (index) => new Caller(index % 2 ? transports.h2c : transports.http, `rolling${index}@kreki.example`),
  );
  for (const caller of callers) await caller.signUp();
  const [http, h2c, ...busy] = callers as [Caller, Caller, ...Caller[]];
  const followed = await Promise.all([http.follow(), h2c.follow()]);
  const stop = new AbortController();
  const load = busy.map((caller) => caller.goOn(stop.signal));
  const before = processIds();

  const replaced: string[] = [];
  await restart(processes)(['restart', 'all'], (line) => replaced.push(line));
  assert.equal(replaced.length, before.length);
  for (const [index, pid] of processIds().entries()) assert.notEqual(pid, before[index], `${replaced[index]}`);
  await sleep(1_000);
  stop.abort();
  await Promise.all(load);
  for (const { cancel } of followed) await cancel();
  await Promise.all(followed.map(({ done }) => done));

  assert.deepEqual(
    busy.flatMap(({ failures }) => failures),
    [],
  );
  assert.ok(busy.reduce((sum, { calls }) => sum + calls, 0) > 40, 'there was load');
  for (const { opened, seen } of followed) {
    assert.ok(opened >= 3, `opened ${opened} times: at first, after the service and after the edge`);
    assert.equal(seen.filter((status) => status === EmergencyStatus.CANCELLED).length, 1);
  }
  assert.deepEqual(ended, []);
});

const processIds = () =>
  ['auth', 'volunteer', 'emergency', 'notification', 'gateway'].map((name) => processes.find(name).pid);
