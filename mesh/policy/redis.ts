/** What each process may do in Redis, rendered from the topology: an ACL user for each, which reaches the keys of its patterns only. */
import { createHash } from 'node:crypto';
import { type CallerName, gateway, type RedisKeys, serviceNames, services } from '../topology.ts';

/** An ACL user of Redis 7. */
export interface RedisUser {
  readonly name: CallerName;
  /** Rules of `ACL SETUSER` but for its state and password. */
  readonly rules: readonly string[];
}

/** What the clients send: ioredis' own handshake, the commands of the services, and what their scripts run. Nothing of it reaches past its keys. */
const COMMANDS = [
  ...['info', 'client|setname'],
  ...['get', 'mget', 'set', 'incrby', 'expire', 'pttl'],
  ...['multi', 'exec', 'eval', 'evalsha'],
];

/** One user for each process that keeps or reads something in Redis. */
export function redisUsers(): RedisUser[] {
  const users: [CallerName, RedisKeys | undefined][] = [
    ...serviceNames.map((name): [CallerName, RedisKeys | undefined] => [name, services[name].stores.redis]),
    ['gateway', gateway.stores.redis],
  ];
  return users.flatMap(([name, keys]) => (keys ? [{ name, rules: rulesFor(keys) }] : []));
}

/**
 * Content of an ACL file, also understood inside redis.conf. Nobody comes in without a name of their own.
 * @param administrator a user who may do everything; left out, nobody may.
 */
export function redisAcl(
  users: readonly RedisUser[],
  password: (name: string) => string,
  administrator?: string,
): string[] {
  const line = (name: string, rules: readonly string[]) =>
    ['user', name, 'reset', 'on', `#${sha256(password(name))}`, ...rules].join(' ');
  return [
    // Off, so that nobody is it; and yet permitted, since Redis replays the transactions of its append-only file in this user's name.
    'user default off ~* &* +@all',
    ...(administrator ? [line(administrator, ['~*', '&*', '+@all'])] : []),
    ...users.map(({ name, rules }) => line(name, rules)),
  ];
}

function rulesFor({ writes, reads = [] }: RedisKeys): string[] {
  return [
    ...writes.map((pattern) => `%RW~${pattern}`),
    ...reads.map((pattern) => `%R~${pattern}`),
    ...COMMANDS.map((command) => `+${command}`),
  ];
}

/** Redis' own form of a password that is not to be read in a file. */
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
