/** Reads the environment once into a typed value, and reports every missing or wrong name together. */
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type KeyRing, parseKey, parseKeyRing } from './personal-data/key-ring.ts';
import type { BreakerSettings } from './rpc/upstream/breaker.ts';

/** How one value is read: from which variable, and how its text becomes a value. */
export interface Setting<T> {
  readonly variable: string;
  /** Text used when the variable is absent or empty; undefined when the variable must be given. */
  readonly fallback: string | undefined;
  /** May be given as the path of a file in `<variable>_FILE` instead, as orchestrators mount secrets. */
  readonly secret?: true;
  /** Throws an Error whose message says what is wrong with the text. */
  readonly parse: (text: string) => T;
}

export type Spec = Record<string, Setting<unknown> | object>;

type Value<S> = S extends Setting<infer T> ? T : S extends object ? { [K in keyof S]: Value<S[K]> } : never;

/** Thrown when the environment is not as the specification wants it; the message lists every problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export function readEnvironment<S extends object>(env: NodeJS.ProcessEnv, spec: S): Value<S> {
  const problems: string[] = [];
  const value = read(env, spec, problems) as Value<S>;
  if (problems.length > 0) throw new ConfigError(`wrong environment:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  return value;
}

function read(env: NodeJS.ProcessEnv, spec: object, problems: string[]): unknown {
  if (isSetting(spec)) {
    try {
      const text = given(env, spec) || spec.fallback;
      if (text === undefined) throw new Error('is missing');
      return spec.parse(text);
    } catch (error) {
      problems.push(`${spec.variable} ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
  return Object.fromEntries(Object.entries(spec).map(([name, inner]) => [name, read(env, inner, problems)]));
}

function given(env: NodeJS.ProcessEnv, { variable, secret }: Setting<unknown>): string | undefined {
  const value = env[variable];
  const file = secret ? env[`${variable}_FILE`] : undefined;
  if (!file) return value;
  if (value) throw new Error(`is given both by itself and as ${variable}_FILE`);
  return readFileSync(file, 'utf8').trim();
}

const isSetting = (spec: object): spec is Setting<unknown> => 'variable' in spec && 'parse' in spec;

export const text = (variable: string, options: { default?: string } = {}): Setting<string> => ({
  variable,
  fallback: options.default,
  parse: (value) => value,
});

/** A variable that may be absent. */
export const optional = (variable: string): Setting<string | undefined> => ({
  variable,
  fallback: '',
  parse: (value) => value || undefined,
});

/** A value that stays out of logs: read like any text or out of a file, but never with a default. */
export const secret = (variable: string): Setting<string> => ({ ...text(variable), secret: true });

/** A secret 256-bit key in base64. */
export const key = (variable: string): Setting<KeyObject> => ({ ...secret(variable), parse: parseKey });

/** Secret keys with their numbers, the current one first: `2:<base64>,1:<base64>`. */
export const keyRing = (variable: string): Setting<KeyRing> => ({ ...secret(variable), parse: parseKeyRing });

interface Range {
  default?: number;
  min?: number;
  max?: number;
}

export const number = (variable: string, range: Range = {}): Setting<number> => ({
  variable,
  fallback: range.default?.toString(),
  parse: (value) => {
    const parsed = Number(value);
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
    if (!Number.isFinite(parsed)) throw new Error(`must be a number, not "${value}"`);
    if (parsed < min || parsed > max) throw new Error(`must be from ${min} to ${max}, not ${value}`);
    return parsed;
  },
});

export const integer = (variable: string, range: Range = {}): Setting<number> => {
  const base = number(variable, range);
  return {
    ...base,
    parse: (value) => {
      const parsed = base.parse(value);
      if (!Number.isInteger(parsed)) throw new Error(`must be a whole number, not ${value}`);
      return parsed;
    },
  };
};

/** Number of an open file that the process was given; none when absent. */
export const descriptor = (variable: string): Setting<number | undefined> => ({
  ...optional(variable),
  parse: (value) => (value ? integer(variable, { min: 0 }).parse(value) : undefined),
});

export const boolean = (variable: string, options: { default?: boolean } = {}): Setting<boolean> => ({
  variable,
  fallback: options.default?.toString(),
  parse: (value) => {
    if (value !== 'true' && value !== 'false') throw new Error(`must be true or false, not "${value}"`);
    return value === 'true';
  },
});

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A span of time such as `250ms`, `30s`, `15m`, `24h`, `30d`; read as milliseconds. */
export const duration = (variable: string, options: { default?: string } = {}): Setting<number> => ({
  variable,
  fallback: options.default,
  parse: (value) => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) ?? [];
    const factor = UNIT_MS[unit ?? ''];
    if (!amount || !factor) throw new Error(`must be a duration such as 250ms, 30s or 24h, not "${value}"`);
    return Number(amount) * factor;
  },
});

export const url = (variable: string, options: { default?: string } = {}): Setting<string> => ({
  variable,
  fallback: options.default,
  parse: (value) => {
    if (!URL.canParse(value)) throw new Error(`must be a URL, not "${value}"`);
    return value;
  },
});

/** A URL that holds a password: out of a file too, and never repeated in a message. */
export const secretUrl = (variable: string): Setting<string> => ({
  ...secret(variable),
  parse: (value) => {
    if (!URL.canParse(value)) throw new Error('must be a URL');
    return value;
  },
});

/** Comma-separated values; an empty text is an empty list. */
export const list = (variable: string, options: { default?: string } = {}): Setting<readonly string[]> => ({
  variable,
  fallback: options.default ?? '',
  parse: (value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
});

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const oneOf = <T extends string>(variable: string, values: readonly T[], fallback?: T): Setting<T> => ({
  variable,
  fallback,
  parse: (value) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`must be one of ${values.join(', ')}, not "${value}"`);
    return found;
  },
});

const constant = <T>(value: T): Setting<T> => ({ variable: '', fallback: '', parse: () => value });

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
  };
}

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
  readonly databaseUrl?: string;
  readonly databasePoolSize?: number;
  readonly migrateOnly?: boolean;
  readonly natsUrl?: string;
  readonly natsReplicas?: number;
  readonly redisUrl?: string;
}
