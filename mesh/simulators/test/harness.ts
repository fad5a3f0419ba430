import { createHmac, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Message, type ServiceAccount, type Simulators, startSimulators } from '../simulators.ts';

export const account: ServiceAccount = {
  project_id: 'kreki-test',
  client_email: 'notification@kreki-test.iam.gserviceaccount.com',
  private_key: generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey,
};

export const whatsapp = {
  phoneNumberId: '1055',
  accessToken: 'EAAG-test',
  appSecret: 'app-secret',
  verifyToken: 'verify-token',
};

/** An edge that checks signatures and keeps what webhooks say; refuses while `down`. */
export class Edge implements AsyncDisposable {
  readonly bodies: { at: number; events: Record<string, unknown>[] }[] = [];
  down = false;
  attempts = 0;
  badSignatures = 0;
  readonly #server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://edge');
    if (request.method === 'GET') {
      const ok = url.searchParams.get('hub.verify_token') === whatsapp.verifyToken;
      response.writeHead(ok ? 200 : 403).end(ok ? url.searchParams.get('hub.challenge') : '');
      return;
    }
    this.attempts += 1;
    const raw = Buffer.concat(await request.toArray());
    const expected = `sha256=${createHmac('sha256', whatsapp.appSecret).update(raw).digest('hex')}`;
    if (request.headers['x-hub-signature-256'] !== expected) this.badSignatures += 1;
    if (this.down) {
      response.writeHead(503).end();
      return;
    }
    const body = JSON.parse(raw.toString());
    const values = body.entry.flatMap((entry: { changes: { value: unknown }[] }) =>
      entry.changes.map((one) => one.value),
    );
    const events = values.flatMap((value: Record<string, unknown[]>) => [
      ...(value.statuses ?? []),
      ...(value.messages ?? []),
    ]);
    this.bodies.push({ at: Date.now(), events });
    response.writeHead(200).end();
  });

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get events(): Record<string, unknown>[] {
    return this.bodies.flatMap((body) => body.events);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Tests read answers of many shapes, and an assertion finds a wrong one. */
type Json = ReturnType<typeof JSON.parse>;

export interface World extends AsyncDisposable {
  readonly edge: Edge;
  readonly simulators: Simulators;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: Json }>;
  get(path: string): Promise<{ status: number; body: Json }>;
  messages(to: string): Promise<Message[]>;
}

export async function world(settings: { keep?: number; ledgerFile?: string } = {}): Promise<World> {
  const edge = new Edge();
  const edgeUrl = await edge.start();
  const simulators = await startSimulators({
    host: '127.0.0.1',
    httpPort: 0,
    smtpPort: 0,
    edgeUrl,
    fcm: account,
    whatsapp,
    ...settings,
  });
  return {
    edge,
    simulators,
    async post(path, body, headers = {}) {
      const response = await fetch(simulators.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    async get(path) {
      const response = await fetch(simulators.url + path);
      return { status: response.status, body: await response.json() };
    },
    async messages(to) {
      const response = await fetch(`${simulators.url}/messages?to=${encodeURIComponent(to)}`);
      return ((await response.json()) as { messages: Message[] }).messages;
    },
    async [Symbol.asyncDispose]() {
      await simulators.stop();
      await edge[Symbol.asyncDispose]();
    },
  };
}

/** Waits until `check` holds, at most five seconds. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5_000; Date.now() < end; ) {
    if (await check()) return;
    await sleep(10);
  }
  throw new Error('it did not happen within 5 s');
}
