import { generateKeyPairSync, randomUUIDv7 } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@connectrpc/connect';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import { Platform } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import type { RunningService } from '@kreki/runtime/service';
import { type TestMesh, testMesh } from '@kreki/runtime/testing/harness';
import pg from 'pg';
import { type Message, startSimulators } from '../../../mesh/simulators/simulators.ts';
import { readConfig } from '../config.ts';
import { startNotification } from '../service.ts';
import { type Directory, startDirectory } from './directory.ts';
import { type Edge, startEdge } from './edge.ts';
import { type Events, openEvents } from './events.ts';

export const whatsapp = {
  phoneNumberId: '1055',
  accessToken: 'EAAG-test',
  appSecret: 'app-secret',
  verifyToken: 'verify-token',
};

/** A person with a phone: their contact is in the directory, their device is registered. */
export interface Somebody {
  readonly userId: string;
  readonly phone: string;
  readonly email: string;
  readonly token: string;
}

/** The service on servers of its own, with the providers' simulators, an edge, a directory and a bus around it. */
export interface World {
  readonly mesh: TestMesh;
  readonly edge: Edge;
  readonly directory: Directory;
  readonly events: Events;
  /** What the service reads at its start. */
  readonly env: NodeJS.ProcessEnv;
  /** Opens what the service sealed. */
  readonly personalData: PersonalData;
  /** The service's own database. */
  readonly pool: pg.Pool;
  readonly service: { stop(): Promise<void>; start(): Promise<void> };
  client(as?: Parameters<TestMesh['client']>[2]): Promise<Client<typeof NotificationService>>;
  /** Of what the service holds of people, as KREKI ID. */
  holdings(): Promise<Client<typeof PersonalDataService>>;
  somebody(options?: { locale?: Locale; device?: boolean; platform?: Platform }): Promise<Somebody>;
  /** What a phone or a mailbox shows. */
  messages(to: string): Promise<Message[]>;
  simulate(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
}

let people = 0;

export async function world(name: string, extra: Record<string, string> = {}): Promise<World> {
  const mesh = await testMesh(name);
  const edge = await startEdge();
  mesh.onStop(() => edge.stop());
  const account = serviceAccount();
  const simulators = await startSimulators({
    host: '127.0.0.1',
    httpPort: 0,
    smtpPort: 0,
    edgeUrl: edge.url,
    fcm: account,
    whatsapp,
  });
  mesh.onStop(() => simulators.stop());
  const folder = mkdtempSync(join(tmpdir(), 'kreki-notification-'));
  mesh.onStop(() => rmSync(folder, { recursive: true }));
  const credentialsFile = join(folder, 'fcm.json');
  writeFileSync(credentialsFile, JSON.stringify({ ...account, token_uri: `${simulators.url}/fcm/token` }));
  const directory = await startDirectory(mesh);
  const events = await openEvents(mesh.nats.url);
  mesh.onStop(() => events.stop());

  const env = mesh.env('notification', {
    AUTH_URL: directory.url,
    FCM_PROJECT_ID: account.project_id,
    FCM_CREDENTIALS_FILE: credentialsFile,
    FCM_ENDPOINT: `${simulators.url}/fcm`,
    WHATSAPP_ENDPOINT: `${simulators.url}/whatsapp`,
    WHATSAPP_PHONE_NUMBER_ID: whatsapp.phoneNumberId,
    WHATSAPP_ACCESS_TOKEN: whatsapp.accessToken,
    WHATSAPP_APP_SECRET: whatsapp.appSecret,
    WHATSAPP_VERIFY_TOKEN: whatsapp.verifyToken,
    SMTP_URL: `smtp://127.0.0.1:${simulators.smtpPort}`,
    ...extra,
  });
  const config = readConfig(env);
  let running: RunningService | undefined;
  const service = {
    async start() {
      running = await startNotification(config);
      edge.forwardTo(await mesh.client(NotificationService, running.url));
    },
    async stop() {
      edge.forwardTo(undefined);
      await running?.stop();
      running = undefined;
    },
  };
  mesh.onStop(() => service.stop());
  await service.start();
  const pool = new pg.Pool({ connectionString: mesh.databaseUrl, max: 2 });
  mesh.onStop(() => pool.end());
  const client = (as?: Parameters<TestMesh['client']>[2]) => mesh.client(NotificationService, running?.url ?? '', as);

  return {
    mesh,
    edge,
    directory,
    events,
    env,
    personalData: new PersonalData(config.personalData),
    pool,
    service,
    client,
    holdings: () => mesh.client(PersonalDataService, running?.url ?? '', { service: 'auth' }, 'notification'),
    async somebody({ locale = Locale.ID, device = true, platform = Platform.ANDROID } = {}) {
      const userId = randomUUIDv7();
      const phone = `+62812${String(10_000_000 + ++people)}`;
      const person = { userId, phone, email: `${userId}@example.id`, token: `token-${userId}` };
      directory.add({ userId, phone, email: person.email, fullName: `Orang ${people}`, locale });
      if (device) await (await client({ userId })).registerDevice({ token: person.token, platform });
      return person;
    },
    async messages(to) {
      const response = await fetch(`${simulators.url}/messages?to=${encodeURIComponent(to)}`);
      return ((await response.json()) as { messages: Message[] }).messages;
    },
    async simulate(path, body) {
      const response = await fetch(simulators.url + path, { method: 'POST', body: JSON.stringify(body) });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}

function serviceAccount() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    project_id: 'kreki-test',
    client_email: 'notification@kreki-test.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Waits until something is there, at most `patienceMs`. */
export async function until<T>(
  look: () => T | Promise<T>,
  patienceMs = 8_000,
): Promise<Exclude<T, null | undefined | false>> {
  for (const end = Date.now() + patienceMs; ; ) {
    const found = await look();
    if (found) return found as Exclude<T, null | undefined | false>;
    if (Date.now() > end) throw new Error(`it did not happen within ${patienceMs} ms`);
    await sleep(20);
  }
}
