import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { Audit } from '@kreki/gen/kreki/options/v1/options_pb.js';
import type { JSONWebKeySet } from 'jose';
import { auditHousekeeping } from './audit/housekeeping.ts';
import { audit } from './audit/interceptor.ts';
import type { ServiceConfig } from './config.ts';
import { type Database, openDatabase } from './database/database.ts';
import { type DataSteps, Migrated } from './database/migrations.ts';
import { type Bus, openBus } from './events/bus.ts';
import type { Consumer } from './events/consumer.ts';
import { createOutbox, type Outbox } from './events/outbox.ts';
import { startRelay } from './events/relay.ts';
import { startConsumer } from './events/start-consumer.ts';
import { fetchKeysFrom } from './identity/keys.ts';
import { openMeshIdentity } from './identity/mesh-identity.ts';
import { createTokenVerifier } from './identity/verifier.ts';
import { createLogger, type Logger } from './log.ts';
import { type Loop, loop } from './loop.ts';
import { openServiceAdmission } from './rpc/admission/service-admission.ts';
import { clientTelemetry } from './rpc/client.ts';
import type { Implementation } from './rpc/handlers.ts';
import { access } from './rpc/interceptors/access.ts';
import { admission } from './rpc/interceptors/admission.ts';
import { callers } from './rpc/interceptors/callers.ts';
import { telemetry } from './rpc/interceptors/telemetry.ts';
import { prepareValidation, validation } from './rpc/interceptors/validation.ts';
import { rulesOf } from './rpc/rules.ts';
import { startRpcServer } from './rpc/server.ts';
import { createGrpcTransport, type GrpcTransport } from './rpc/transport.ts';
import { startTelemetry } from './telemetry.ts';
import { warmUp } from './warm-up.ts';

export interface ServiceOptions {
  /** Folder of Prisma's migrations. */
  readonly migrations?: URL;
  /** What code does to data between migrations. */
  readonly dataSteps?: DataSteps;
  /** Where the keys that verify tokens come from; KREKI ID's RPC when not given. */
  readonly fetchKeys?: () => Promise<JSONWebKeySet>;
}

export interface RunningService {
  /** Base URL of its gRPC server. */
  readonly url: string;
  stop(): Promise<void>;
}

/** What a service is composed from, according to what its configuration names. */
export interface ServiceBuilder<C extends ServiceConfig> {
  readonly log: Logger;
  readonly database: C['databaseUrl'] extends string ? Database : undefined;
  readonly bus: C['natsUrl'] extends string ? Bus : undefined;
  /** Present where there is both a database and a bus. */
  readonly outbox: C['databaseUrl'] & C['natsUrl'] extends string ? Outbox : undefined;
  /**
   * Connections to the same database that nobody else takes, for what must not wait until others give theirs back. They come on top of the pool,
   * and out of the share that the policy gives the service (`mesh/policy/postgres.ts`).
   */
  reserve(connections: number): Promise<Database>;
  /** A client of a service named in the configuration's `upstreams`. */
  client<Desc extends DescService>(service: Desc, upstream: keyof C['upstreams'] & string): Client<Desc>;
  /** Adds something to end at `stop()`: after calls, consumers and loops have ended, the last added first. */
  onStop(end: () => unknown): void;
  start(parts: {
    rpc: readonly Implementation[];
    consumers?: readonly Consumer[];
    loops?: readonly Loop[];
    /** Done once before calls are taken, for what its first use makes slow. */
    warmUp?: () => unknown;
  }): Promise<RunningService>;
}

const READINESS_INTERVAL_MS = 2_000;

/**
 * Opens what every service stands on. When something fails half-way, what was opened is closed again.
 * @throws Migrated when nothing but that was wanted.
 */
export async function createService<C extends ServiceConfig>(
  config: C,
  options: ServiceOptions = {},
): Promise<ServiceBuilder<C>> {
  startTelemetry(config.name);
  const log = createLogger(config.name, config.logLevel);
  const ends: (() => unknown)[] = [];
  const end = async () => {
    for (const step of ends.splice(0).reverse()) {
      await Promise.resolve(step()).catch((error: unknown) => log.error({ err: error }, 'stopping failed'));
    }
  };

  const identity = openMeshIdentity(config.name, config.mesh, log);
  ends.push(() => identity.stop());
  const database = config.databaseUrl
    ? await openDatabase(config.databaseUrl, {
        log,
        name: config.name,
        ...(options.migrations && { migrations: options.migrations }),
        ...(options.dataSteps && { dataSteps: options.dataSteps }),
        ...(config.databasePoolSize && { max: config.databasePoolSize }),
      })
    : undefined;
  if (database) ends.push(() => database.stop());
  if (config.migrateOnly) {
    await end();
    throw new Migrated('the schema is up to date');
  }
  const bus = config.natsUrl
    ? openBus(config.natsUrl, { name: config.name, log, replicas: config.natsReplicas })
    : undefined;
  if (bus) ends.push(() => bus.stop());
  const relay = database && bus ? startRelay({ database, bus, domain: config.name, log }) : undefined;
  if (relay) ends.push(() => relay.stop());

  const transports = new Map<string, GrpcTransport>();
  const transportTo = (upstream: string): GrpcTransport => {
    const url = config.upstreams[upstream];
    if (!url) throw new Error(`${config.name} has no upstream ${upstream}`);
    let transport = transports.get(upstream);
    if (!transport) {
      const opened = createGrpcTransport({
        url,
        identity,
        service: upstream,
        interceptors: [clientTelemetry(upstream)],
        log,
        ...(config.breaker && { breaker: config.breaker }),
      });
      ends.push(() => opened.close());
      transports.set(upstream, opened);
      transport = opened;
    }
    return transport;
  };

  return {
    log,
    database: database as ServiceBuilder<C>['database'],
    bus: bus as ServiceBuilder<C>['bus'],
    outbox: (relay && createOutbox(relay)) as ServiceBuilder<C>['outbox'],
    async reserve(connections) {
      if (!config.databaseUrl) throw new Error(`${config.name} has no database`);
      const reserved = await openDatabase(config.databaseUrl, { log, name: config.name, max: connections });
      ends.push(() => reserved.stop());
      return reserved;
    },
    client: (service, upstream) => createClient(service, transportTo(upstream)),
    onStop: (step) => void ends.push(step),
    async start({ rpc, consumers = [], loops: own = [], warmUp: first = () => undefined }) {
      try {
        if (!database && rpc.some(isAudited))
          throw new Error(`${config.name} has no database to put calls on record in`);
        const loops = database && rpc.some(isAudited) ? [...own, auditHousekeeping(database, log)] : own;
        const verify = createTokenVerifier({ fetchKeys: options.fetchKeys ?? fetchKeysFrom(transportTo('auth')) });
        await warmUp([verify.prepare, () => rpc.forEach(prepareRules), first], log);
        const room = openServiceAdmission(config);
        ends.push(() => room.stop());
        const server = await startRpcServer({
          identity,
          host: config.host,
          port: config.port,
          portFd: config.portFd,
          implementations: rpc,
          interceptors: [
            telemetry(log, identity.scheme === 'https' ? 'mtls' : 'linkerd'),
            admission(room),
            ...(database ? [audit(database, log)] : []),
            callers(config.callers, log),
            access(verify),
            validation,
          ],
        });
        const running = consumers.map((consumer) => {
          if (!database || !bus) throw new Error(`${config.name} consumes events but has no database or bus`);
          return startConsumer(consumer, { bus, database, log });
        });
        const readiness = loop(
          'readiness',
          READINESS_INTERVAL_MS,
          async () => server.setServing(database ? await database.healthy() : true),
          { log },
        );
        for (const each of [...loops, readiness]) each.start();
        const { url } = server;
        log.info({ url }, 'serving');
        return {
          url,
          async stop() {
            await readiness.stop();
            await server.stop();
            await Promise.all([...running, ...loops].map((part) => part.stop()));
            await end();
          },
        };
      } catch (error) {
        await end();
        throw error;
      }
    },
  };
}

function prepareRules({ service }: Implementation): void {
  for (const { input } of service.methods) prepareValidation(input);
}

const isAudited = ({ service }: Implementation): boolean =>
  service.methods.some((method) => rulesOf(method).audit !== Audit.UNSPECIFIED);
