/** The settings that several processes have in common. */
import { isAbsolute } from 'node:path';
import {
  boolean,
  constant,
  descriptor,
  duration,
  integer,
  key,
  keyRing,
  LOG_LEVELS,
  type LogLevel,
  oneOf,
  type Setting,
  secretUrl,
  text,
  url,
} from './environment.ts';
import type { BreakerSettings } from './rpc/upstream/breaker.ts';

export * from './environment.ts';

const folderOrLinkerd = (variable: string): Setting<string> => ({
  ...text(variable),
  parse(value) {
    if (value === 'linkerd' || isAbsolute(value)) return value;
    throw new Error(`must be the absolute path of a folder, or linkerd, not "${value}"`);
  },
});

/** Who the process is in the mesh. There is no default: without an identity nothing starts. */
export const meshSettings = {
  mesh: {
    /** Folder of its certificate (identity.pem) and of the authority (ca.pem); `linkerd` where Linkerd's proxy speaks for it. */
    identity: folderOrLinkerd('MESH_IDENTITY'),
    /** Kubernetes namespace that the mesh's service accounts are in. */
    namespace: text('MESH_NAMESPACE', { default: 'kreki' }),
  },
};

/** A service as the topology has it. */
export interface ServiceDescription<Calls extends string = string> {
  readonly name: string;
  /** Default gRPC port on one machine. */
  readonly port: number;
  /** Services it calls. */
  readonly calls: readonly Calls[];
  /** Of each Protobuf service it answers: the processes that may call it. */
  readonly callers: Readonly<Record<string, readonly string[]>>;
}

/** When callers leave a service alone that does not answer. */
export const breakerSettings = {
  breaker: {
    /** Faults and successes are counted over this time. */
    windowMs: duration('BREAKER_WINDOW', { default: '10s' }),
    /** Fewer calls than this in the window never open it. */
    minimumCalls: integer('BREAKER_MINIMUM_CALLS', { default: 20, min: 1 }),
    faultPercentage: integer('BREAKER_FAULT_PERCENTAGE', { default: 50, min: 1, max: 100 }),
    /** How long it refuses before it lets one call try. */
    retryAfterMs: duration('BREAKER_RETRY_AFTER', { default: '2s' }),
  },
};

/** What every service reads. `calls` become `<NAME>_URL` variables, under `upstreams`. */
export function serviceSettings<const Calls extends string>(service: ServiceDescription<Calls>) {
  const upstreams = Object.fromEntries(
    service.calls.map((name) => [name, url(`${name.toUpperCase().replaceAll('-', '_')}_URL`)]),
  ) as Record<Calls, Setting<string>>;
  return {
    name: constant(service.name),
    callers: constant(service.callers),
    ...meshSettings,
    host: text('SERVICE_HOST', { default: '127.0.0.1' }),
    port: integer('SERVICE_PORT', { default: service.port, min: 0, max: 65_535 }),
    /** A bound socket that the process was given, in place of the port. */
    portFd: descriptor('SERVICE_PORT_FD'),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    upstreams,
    ...breakerSettings,
    ...loadSettings,
  };
}

/** When calls are refused because there is too much to do. */
export const loadSettings = {
  /** How late the event loop may be on average; 0: whatever it is. */
  shedDelayMs: duration('SHED_DELAY', { default: '200ms' }),
};

/** For services with a database of their own. */
export const databaseSettings = {
  databaseUrl: secretUrl('DATABASE_URL'),
  databasePoolSize: integer('DATABASE_POOL_SIZE', { default: 12, min: 2, max: 200 }),
  /** Bring the schema up to date and end: a run as the owner of the database, before others run as a role that changes no table. */
  migrateOnly: boolean('MIGRATE_ONLY', { default: false }),
};

/** For services that publish or consume events. */
export const natsSettings = {
  natsUrl: secretUrl('NATS_URL'),
  /** Servers that keep each stream; with 3 in a cluster, one may be lost. For streams that are made from now on. */
  natsReplicas: integer('NATS_REPLICAS', { default: 1, min: 1, max: 5 }),
};

/** For services with state in Redis. */
export const redisSettings = { redisUrl: secretUrl('REDIS_URL') };

/** For services that keep personal data; keys of each service's own. */
export const personalDataSettings = {
  personalData: { keys: keyRing('PERSONAL_DATA_KEYS'), lookupKey: key('PERSONAL_DATA_LOOKUP_KEY') },
};

/** `meshSettings`, once read. */
export interface MeshSettings {
  readonly identity: string;
  readonly namespace: string;
}

/** The settings every service has, once read. */
export interface ServiceConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly portFd?: number | undefined;
  readonly logLevel: LogLevel;
  readonly mesh: MeshSettings;
  readonly callers: ServiceDescription['callers'];
  readonly upstreams: Readonly<Record<string, string>>;
  readonly breaker?: BreakerSettings;
  readonly shedDelayMs?: number;
  readonly databaseUrl?: string;
  readonly databasePoolSize?: number;
  readonly migrateOnly?: boolean;
  readonly natsUrl?: string;
  readonly natsReplicas?: number;
  readonly redisUrl?: string;
}
