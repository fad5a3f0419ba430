import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { tcpProbe } from '../../local/health.ts';
import { redis } from '../../local/servers/redis.ts';
import { gateway, type RedisKeys, serviceNames, services } from '../../topology.ts';
import { startPrivate } from './private-server.ts';

const stores: [process: string, keys: RedisKeys][] = [
  ...serviceNames.map((name): [string, RedisKeys | undefined] => [name, services[name].stores.redis]),
  ['gateway', gateway.stores.redis] as [string, RedisKeys | undefined],
].flatMap(([name, keys]): [string, RedisKeys][] => (keys ? [[name as string, keys as RedisKeys]] : []));

/** A key of each pattern that somebody writes or reads, and one that nobody does. */
const keys = [...stores.flatMap(([, { writes, reads = [] }]) => [...writes, ...reads]), 'kreki:nobody:*', '*'].map(
  (pattern) => pattern.replaceAll('*', 'some-key'),
);
const matches = (patterns: readonly string[] = [], key: string) =>
  patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(key));

const server = await startPrivate(redis);
after(() => server.stop());
const administrator = new Redis(server.url);
administrator.on('error', () => undefined);
after(() => administrator.disconnect());

/** Nothing of these may change or see what belongs to others, or the server itself. */
const REFUSED = [
  ...['FLUSHALL', 'FLUSHDB', 'KEYS *', 'SCAN 0', 'RANDOMKEY', 'DBSIZE', 'SWAPDB 0 1', 'SELECT 1', 'SAVE', 'BGSAVE'],
  ...[
    'CONFIG GET *',
    'CONFIG SET maxmemory 1',
    'ACL LIST',
    'ACL SETUSER other',
    'CLIENT LIST',
    'CLIENT KILL TYPE normal',
  ],
  ...[
    'MONITOR',
    'DEBUG SLEEP 0',
    'SHUTDOWN',
    'REPLICAOF NO ONE',
    'PSYNC ? -1',
    'FAILOVER',
    'MODULE LIST',
    'SLOWLOG GET',
  ],
  ...['SCRIPT FLUSH', 'FUNCTION FLUSH', 'SUBSCRIBE x', 'PUBLISH x y', 'PSUBSCRIBE *', 'LATENCY RESET', 'CLUSTER INFO'],
];

const allows = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    (error: Error) => {
      if (/^NOPERM|can't access at least one of the keys/.test(error.message)) return false;
      throw error;
    },
  );

for (const [name, own] of stores) {
  test(`in Redis ${name} reads and writes the keys that the topology gives it, and no others`, async (t) => {
    const client = new Redis(server.urlOf(name), { disableClientInfo: true, connectionName: name });
    t.after(() => client.disconnect());
    for (const key of keys) {
      const writes = matches(own.writes, key);
      const reads = writes || matches(own.reads, key);
      assert.equal(await allows(client.get(key)), reads, `get ${key}`);
      assert.equal(await allows(client.mget(own.writes[0]?.replace('*', 'x') ?? '', key)), reads, `mget ${key}`);
      assert.equal(await allows(client.set(key, '1')), writes, `set ${key}`);
      const script = (text: string, ...keysAndArguments: string[]) =>
        allows(client.eval(text, Number(text.includes('KEYS')), ...keysAndArguments));
      assert.equal(await script("return redis.call('get', KEYS[1])", key), writes, `script with ${key}`);
      assert.equal(await script("return redis.call('get', ARGV[1])", key), reads, `script that hides ${key}`);
      assert.equal(await script("return redis.call('set', ARGV[1], '2')", key), writes, `script that writes ${key}`);
    }
    for (const command of REFUSED) {
      const answer = await administrator.call('ACL', 'DRYRUN', name, ...command.split(' '));
      assert.match(String(answer), /no permissions|has no access/, command);
    }
  });
}

test('nobody writes what another writes', () => {
  for (const [name, { writes }] of stores)
    for (const [other, others] of stores)
      if (name !== other)
        for (const key of writes) assert.ok(!matches(others.writes, key.replace('*', 'some-key')), key);
});

test('nobody comes in without a name', async () => {
  const port = Number(new URL(server.url).port);
  assert.equal(await tcpProbe(port, 'GET kreki:auth:x\r\n', /^-NOAUTH/)(), true);
  assert.equal(await tcpProbe(port, 'AUTH default ""\r\n', /^-WRONGPASS/)(), true);
});

test('what was written in a transaction and by a script is there after a crash, though the default user is off', async (t) => {
  const [name, own] = stores[0] ?? [];
  assert.ok(name && own);
  const key = (suffix: string) => own.writes[0]?.replace('*', suffix) ?? '';
  const client = new Redis(server.urlOf(name), { disableClientInfo: true, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  t.after(() => client.disconnect());
  await client.multi().set(key('one'), 1).set(key('two'), 2).exec();
  await client.eval("redis.call('set', KEYS[1], 3) return redis.call('incrby', KEYS[1], 1)", 1, key('three'));
  await server.crash();
  assert.deepEqual(await client.mget(key('one'), key('two'), key('three')), ['1', '2', '4']);
});
