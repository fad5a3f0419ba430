import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DescService } from '@bufbuild/protobuf';
import { Code, createClient, type HandlerContext, type Interceptor, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import { EmergencyStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { fail, tryLater } from '@kreki/runtime/errors';
import { fetchKeysFrom } from '@kreki/runtime/identity/keys';
import { createTokenVerifier } from '@kreki/runtime/identity/verifier';
import { createLogger } from '@kreki/runtime/log';
import { type Implementation, implement } from '@kreki/runtime/rpc/handlers';
import { access } from '@kreki/runtime/rpc/interceptors/access';
import { callers } from '@kreki/runtime/rpc/interceptors/callers';
import { telemetry } from '@kreki/runtime/rpc/interceptors/telemetry';
import { validation } from '@kreki/runtime/rpc/interceptors/validation';
import { startRpcServer } from '@kreki/runtime/rpc/server';
import { createGrpcTransport } from '@kreki/runtime/rpc/transport';
import type { TestIdentities } from '@kreki/runtime/testing/identities';
import { descriptionOf, type ServiceName } from '../../mesh/topology.ts';

/** A call as a service behind the edge got it. */
export interface Received {
  readonly rpc: string;
  readonly headers: Headers;
  readonly message: unknown;
  readonly timeoutMs: number | undefined;
}

/** Stands for all services of the mesh: answers the parts of their contracts that the edge is tested with, as a real server. */
export interface Upstream {
  /** Of each service, with an identity of its own. */
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly received: Received[];
  /** Calls that it refused by the contract's rules. */
  readonly refused: { readonly rpc: string; readonly headers: Headers }[];
  /** The last call. */
  last(): Received;
  /** What the next calls of GetMe do: sleep, fail, answer. */
  readonly behaviour: { delayMs: number; failWith: Code | undefined };
  /** How many Watch streams are open, and how many messages they yielded. */
  readonly watches: { open: number; sent: number };
  stop(): Promise<void>;
}

/** Ten kilobytes that no compression makes smaller. */
const PADDING = randomBytes(7_500).toString('base64');

export async function startUpstream(identityUrl: string, identities: TestIdentities): Promise<Upstream> {
  const keys = createGrpcTransport({ url: identityUrl, identity: identities.of('auth'), service: 'auth' });
  const fetchKeys = fetchKeysFrom(keys);
  const received: Received[] = [];
  const refused: Upstream['refused'] = [];
  const behaviour: Upstream['behaviour'] = { delayMs: 0, failWith: undefined };
  const watches = { open: 0, sent: 0 };
  const note = (message: unknown, context: HandlerContext) => {
    // The edge fetches keys whenever it likes.
    if (context.method.name === 'GetJwks') return;
    received.push({
      rpc: context.method.name,
      headers: context.requestHeader,
      message,
      timeoutMs: context.timeoutMs(),
    });
  };

  const auth = answering(AuthService, note, {
    getJwks: () => createClient(AuthService, keys).getJwks({}),
    async getMe() {
      await sleep(behaviour.delayMs);
      if (behaviour.failWith) throw fail(behaviour.failWith, 'AS_TOLD', 'as told');
      return { user: { email: 'citra@example.id' }, permissions: ['emergencies:create'] };
    },
    login() {
      throw tryLater(Code.ResourceExhausted, 'TOO_MANY_FAILED_LOGINS', 'too many', 41_500);
    },
    listSessions() {
      throw new Error('secret detail of the cause');
    },
  });
  const emergency = answering(EmergencyService, note, {
    triggerPanic: ({ location, severity, description }) => ({
      emergency: { id: ID, status: EmergencyStatus.PENDING, location, severity, description, version: 1n },
    }),
    get: ({ id }) => ({ emergency: { id, status: EmergencyStatus.PENDING } }),
    async *watch({ id }, { signal }) {
      watches.open += 1;
      try {
        for (let version = 1n; !signal.aborted && version <= 5_000n; version++) {
          watches.sent += 1;
          yield { emergency: { id, version, status: EmergencyStatus.PENDING, description: PADDING } };
          if (id === QUIET_ID) await once(signal, 'abort');
          if (version >= 3n && id === ID) return;
          if (version === 2n && id === FAILING_ID) throw fail(Code.FailedPrecondition, 'AS_TOLD', 'as told');
        }
      } finally {
        watches.open -= 1;
      }
    },
  });
  const volunteer = answering(VolunteerService, note, {
    async streamLocations(positions) {
      let count = 0n;
      for await (const _ of positions) count++;
      return { received: count };
    },
  });
  const notification = answering(NotificationService, note, {
    verifyWhatsAppWebhook: ({ hub }) => ({
      body: { contentType: 'text/plain', data: Buffer.from(hub?.challenge ?? '') },
    }),
  });

  const noteRefusal: Interceptor = (next) => (request) =>
    next(request).catch((error: unknown) => {
      refused.push({ rpc: request.method.name, headers: request.header });
      throw error;
    });
  const log = createLogger('fixture', 'silent');
  const verify = createTokenVerifier({ fetchKeys });
  const start = async (name: ServiceName, implementations: Implementation[]) => {
    const { callers: allowed } = descriptionOf(name);
    const server = await startRpcServer({
      identity: identities.of(name),
      host: '127.0.0.1',
      port: 0,
      implementations,
      interceptors: [telemetry(log), noteRefusal, callers(allowed, log), access(verify), validation],
      drainMs: 500,
    });
    server.setServing(true);
    return server;
  };
  const servers = {
    auth: await start('auth', [auth, answering(UserAdminService, note, {}), answering(DirectoryService, note, {})]),
    volunteer: await start('volunteer', [volunteer]),
    emergency: await start('emergency', [emergency]),
    notification: await start('notification', [notification]),
  };
  return {
    urls: Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, url])) as Upstream['urls'],
    received,
    refused,
    behaviour,
    watches,
    last() {
      const call = received.at(-1);
      if (!call) throw new Error('nothing was received');
      return call;
    },
    async stop() {
      await Promise.all(Object.values(servers).map((server) => server.stop()));
      keys.close();
    },
  };
}

export const ID = '0199c0de-0000-7000-8000-000000000001';
/** Watching it fails after two messages. */
export const FAILING_ID = '0199c0de-0000-7000-8000-000000000002';
/** Watching it gives one message, and then nothing for as long as it lasts. */
export const QUIET_ID = '0199c0de-0000-7000-8000-000000000004';
/** Watching it gives five thousand large messages. */
export const LONG_ID = '0199c0de-0000-7000-8000-000000000003';

/** What is not given answers with an empty message. */
function answering<Desc extends DescService>(
  service: Desc,
  note: (message: unknown, context: HandlerContext) => void,
  given: Partial<ServiceImpl<Desc>>,
) {
  const functions = given as Record<string, ((message: unknown, context: HandlerContext) => unknown) | undefined>;
  const noted = service.methods.map(({ localName }) => [
    localName,
    (message: unknown, context: HandlerContext) => {
      note(message, context);
      return functions[localName]?.(message, context) ?? {};
    },
  ]);
  return implement(service, Object.fromEntries(noted) as ServiceImpl<Desc>);
}
