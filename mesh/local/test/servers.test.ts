import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findUser } from '../folders.ts';
import { isServing } from '../health.ts';
import { Secrets } from '../secrets.ts';
import { parseVersion } from '../servers/binaries.ts';
import { composeFile } from '../servers/compose.ts';
import { withDatabase } from '../servers/databases.ts';
import { configuration as natsConfiguration } from '../servers/nats.ts';
import { configuration as postgresConfiguration } from '../servers/postgres.ts';
import { missingMessage, privateServers } from '../servers/provide.ts';
import { redis, configuration as redisConfiguration } from '../servers/redis.ts';
import { asUser, userUrls } from '../servers/users.ts';
import { selectTests } from '../test-selection.ts';

const accounts = { password: 'a1b2c3', passwordOf: (user: string) => `${user}-secret` };
const instance = { port: 7001, disposable: false, ...accounts };

test('private servers listen on the loopback address, on their own port', () => {
  assert.match(postgresConfiguration(instance), /^listen_addresses = '127\.0\.0\.1'$/m);
  assert.match(natsConfiguration('/d', instance), /^host: 127\.0\.0\.1\nport: 7001$/m);
  assert.match(redisConfiguration('/d', instance), /^bind 127\.0\.0\.1\nport 7001$/m);
});

test('PostgreSQL keeps its durability, for tests too', () => {
  for (const disposable of [true, false]) {
    assert.doesNotMatch(
      postgresConfiguration({ ...instance, disposable }),
      /fsync|synchronous_commit|full_page_writes/,
    );
  }
});

test('private NATS and Redis let in the users of the policy and an administrator, nobody without a name', () => {
  const users = natsConfiguration('/d', instance).matchAll(/user: (\w+), password: "([^"]+)"/g);
  const [administrator, ...processes] = [...users].map(([, name, password]) => [name, password]);
  assert.deepEqual(administrator, ['admin', 'a1b2c3']);
  assert.deepEqual(processes.at(-1), ['operator', 'operator-secret']);
  assert.match(redisConfiguration('/d', instance), /^user default off /m);
  assert.doesNotMatch(redisConfiguration('/d', instance), /secret|a1b2c3|nopass/);
});

test('containers publish their ports on the loopback address only', () => {
  const file = JSON.parse(composeFile([{ server: redis, port: 7001, ...accounts }]));
  assert.deepEqual(file.services.redis.ports, ['127.0.0.1:7001:6379']);
  assert.deepEqual(Object.keys(file.services), ['redis']);
});

test('a service gets the URL of its own database as its own role, with the options of the server kept', () => {
  const url = asUser(
    withDatabase('postgresql://root:top@db:5432/postgres?sslmode=require', 'kreki_auth'),
    'kreki_auth',
    'p',
  );
  assert.equal(url, 'postgresql://kreki_auth:p@db:5432/kreki_auth?sslmode=require');
});

test('at a private server each process is a user of its own, at a given one it comes as it is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-users-'));
  try {
    const secrets = new Secrets(folder);
    const urls = (env: NodeJS.ProcessEnv, url: string) =>
      userUrls('nats', url, ['auth', 'volunteer'], { env, secrets });
    const own = urls({}, 'nats://admin:pw@127.0.0.1:7001');
    assert.equal(own.auth, `nats://auth:${secrets.password('nats-auth')}@127.0.0.1:7001`);
    assert.notEqual(new URL(own.auth).password, new URL(own.volunteer).password);
    const given = 'nats://token@a:4222,nats://b:4222';
    const env = { NATS_URL: given, AUTH_NATS_URL: 'nats://auth:own@a:4222' };
    assert.deepEqual(urls(env, given), { auth: env.AUTH_NATS_URL, volunteer: given });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a server named by the environment gets no private instance', () => {
  assert.deepEqual(privateServers({ NATS_URL: 'nats://n' }), ['postgres', 'redis']);
  assert.deepEqual(privateServers({ NATS_URL: 'nats://n' }, 'TEST_'), ['postgres', 'nats', 'redis']);
});

test('what is missing is named, with what would replace it', () => {
  assert.match(missingMessage([redis], 'TEST_'), /redis-server 7.*TEST_REDIS_URL[\s\S]*apt-get install/);
});

test('versions are read from what each server says of itself', () => {
  assert.equal(parseVersion('postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'), '15.18');
  assert.equal(parseVersion('nats-server: v2.9.10'), '2.9.10');
  assert.equal(parseVersion('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0'), '7.0.15');
});

test('only SERVING is healthy', () => {
  const answer = (status: number) => Buffer.from([0, 0, 0, 0, 2, 0x08, status]);
  assert.equal(isServing(answer(1)), true);
  assert.equal(isServing(answer(2)), false);
  assert.equal(isServing(Buffer.alloc(5)), false);
});

test('the unprivileged user is found by its whole name', () => {
  const accounts =
    'root:x:0:0::/root:/bin/bash\npostgresql:x:9:9::/:\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n';
  assert.deepEqual(findUser(accounts, 'postgres'), { uid: 101, gid: 104 });
  assert.equal(findUser(accounts, 'nobody'), undefined);
});

test('secrets are made once and readable by their owner only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-secrets-'));
  try {
    const password = new Secrets(folder).password('redis');
    assert.equal(new Secrets(folder).password('redis'), password);
    assert.notEqual(new Secrets(folder).password('nats'), password);
    assert.equal(statSync(join(folder, 'secrets.json')).mode & 0o777, 0o600);
    assert.equal(Buffer.from(new Secrets(folder).key('signingKeys'), 'base64').length, 32);
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8'))).length, 3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('words narrow the tests, options go to node', () => {
  const all = ['services/auth/test/login.test.ts', 'gateway/test/rest.test.ts'];
  assert.deepEqual(selectTests(all, []), { files: all.toSorted(), options: [] });
  assert.deepEqual(selectTests(all, ['./services/auth', '--test-only']), { files: [all[0]], options: ['--test-only'] });
});
