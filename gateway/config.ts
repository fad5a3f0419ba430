import {
  breakerSettings,
  descriptor,
  duration,
  integer,
  LOG_LEVELS,
  list,
  loadSettings,
  meshSettings,
  oneOf,
  optional,
  readEnvironment,
  redisSettings,
  type Setting,
  text,
  url,
} from '@kreki/runtime/config';
import { gateway, type ServiceName } from '../mesh/topology.ts';

const upstreams = Object.fromEntries(
  Object.keys(gateway.calls).map((name) => [name, url(`${name.toUpperCase().replaceAll('-', '_')}_URL`)]),
) as Record<ServiceName, Setting<string>>;

const port = (variable: string, fallback: number) => integer(variable, { default: fallback, min: 0, max: 65_535 });

export const readConfig = (env: NodeJS.ProcessEnv) =>
  readEnvironment(env, {
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    host: text('SERVICE_HOST', { default: '127.0.0.1' }),
    httpPort: port('HTTP_PORT', gateway.httpPort),
    h2cPort: port('H2C_PORT', gateway.h2cPort),
    /** Bound sockets that the process was given, in place of the ports. */
    httpPortFd: descriptor('HTTP_PORT_FD'),
    h2cPortFd: descriptor('H2C_PORT_FD'),
    /** PEM files; TLS on both ports when both are given. */
    tlsCertFile: optional('TLS_CERT_FILE'),
    tlsKeyFile: optional('TLS_KEY_FILE'),
    ...meshSettings,
    ...redisSettings,
    upstreams,
    /** Origins whose pages may call; `*` lets every page, none is let by default. */
    corsOrigins: list('CORS_ORIGINS'),
    /** Addresses and networks (CIDR) of proxies whose X-Forwarded-For is believed. */
    trustedProxies: list('TRUSTED_PROXIES'),
    maxBodyBytes: integer('MAX_BODY_BYTES', { default: 1_048_576, min: 1_024, max: 67_108_864 }),
    /** Calls a minute over all RPCs. */
    limitPerIp: integer('RATE_LIMIT_PER_IP', { default: 600, min: 1 }),
    limitPerUser: integer('RATE_LIMIT_PER_USER', { default: 600, min: 1 }),
    ...breakerSettings,
    ...loadSettings,
    /** How long a client may take to send the head of a request, and the whole of one that is no stream. */
    headTimeoutMs: duration('HEAD_TIMEOUT', { default: '15s' }),
    bodyTimeoutMs: duration('BODY_TIMEOUT', { default: '30s' }),
    /** How long a connection may do nothing at all. */
    idleTimeoutMs: duration('IDLE_TIMEOUT', { default: '2m' }),
    /** How long callers are answered and asked to go elsewhere, when another instance takes over. */
    leaveMs: duration('LEAVE', { default: '3s' }),
    /** How long calls under way may go on after that. */
    drainMs: duration('DRAIN', { default: '8s' }),
  });

export type Config = ReturnType<typeof readConfig>;
