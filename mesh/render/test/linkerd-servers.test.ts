import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { connect as connectNats } from 'nats';
import pg from 'pg';
import { withDatabase } from '../../local/servers/databases.ts';
import { postgres } from '../../local/servers/postgres.ts';
import { asUser } from '../../local/servers/users.ts';
import { redisAcl, redisUsers } from '../../policy/redis.ts';
import { startPrivate } from '../../policy/test/private-server.ts';
import { findFreePort } from '../../runtime/testing/free-port.ts';
import { collect, ofKind, ROOT, readManifests, type Spec } from './manifests.ts';

const folder = mkdtempSync(join(tmpdir(), 'kreki-charts-'));
after(() => rmSync(folder, { recursive: true }));
const values = (chart: string): Spec => readManifests(`${ROOT}/charts/${chart}.yaml`)[0];

test('NATS takes the configuration that its chart makes of our values, whatever the passwords look like', async (t) => {
  const { config, container } = values('nats');
  const port = await findFreePort();
  const { sync_interval, ...jetstream } = config.jetstream.merge;
  assert.equal(sync_interval, '<< always >>');
  assert.equal(config.cluster.replicas, 3);
  const made = { port, jetstream: { ...jetstream, store_dir: join(folder, 'store') }, ...config.merge };
  const file = join(folder, 'nats.conf');
  // As the chart does it: what stands between << and >> loses its quotes.
  writeFileSync(file, JSON.stringify(made, null, 2).replaceAll(/"<< (.*?) >>"/g, '$1'));

  const secret = ofKind(collect(`${ROOT}/base`), 'ExternalSecret').find(
    ({ metadata }) => metadata.name === 'nats-users',
  );
  const passwords = new Map<string, string>();
  const env: Record<string, string | undefined> = { PATH: process.env.PATH };
  for (const [variable, { valueFrom }] of Object.entries<Spec>(container.env)) {
    if (!valueFrom) continue;
    const { name, key } = valueFrom.secretKeyRef;
    assert.equal(name, 'nats-users');
    // A number with a unit, were it not quoted.
    passwords.set(key, `12${key.length}e9k`);
    env[variable] = secret?.spec.target.template.data[key].replace(/\{\{.*\}\}/, passwords.get(key));
  }
  const server = spawn('nats-server', ['--config', file], { env, stdio: 'ignore' });
  t.after(() => server.kill());
  for (const [user, pass] of passwords) {
    const connection = await until(() => connectNats({ servers: `127.0.0.1:${port}`, user, pass, reconnect: false }));
    await connection.close();
  }
  const wrong = connectNats({ servers: `127.0.0.1:${port}`, user: 'auth', pass: 'another', reconnect: false });
  await assert.rejects(wrong, /authorization violation/i);
});

test('the rules of Valkey’s users are the policy’s, and such as the server takes', async (t) => {
  const { aclUsers } = values('valkey').auth;
  const rules = redisAcl(redisUsers(), () => 'x')
    .slice(1)
    .map((line) => line.split(' '));
  for (const [, name = '', , , , ...permissions] of rules)
    assert.equal(aclUsers[name].permissions, permissions.join(' '));
  const port = await findFreePort();
  const lines = Object.entries<Spec>(aclUsers).map(
    ([name, { permissions }]) => `user ${name} on >geheim ${permissions}`,
  );
  writeFileSync(join(folder, 'users.acl'), `${lines.join('\n')}\n`);
  writeFileSync(
    join(folder, 'valkey.conf'),
    `port ${port}\ndir ${folder}\naclfile ${join(folder, 'users.acl')}\n${values('valkey').extraConfig}`,
  );
  const server = spawn('redis-server', [join(folder, 'valkey.conf')], { stdio: 'ignore' });
  t.after(() => server.kill());
  const edge = new Redis({ port, username: 'gateway', password: 'geheim' });
  edge.on('error', () => {}); // It tries again until the server listens.
  t.after(() => edge.disconnect());
  assert.equal(await edge.set('kreki:edge:limit', '1'), 'OK');
  await assert.rejects(edge.get('kreki:auth:session:1'), /NOPERM/);
});

test('the owner of a database gives its role the rights it needs, again and again, without being an administrator', async (t) => {
  const server = await startPrivate(postgres);
  t.after(() => server.stop());
  const as = async (url: string, ...statements: string[]) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  // As CloudNativePG makes them.
  await as(
    server.url,
    `CREATE ROLE kreki_emergency_owner LOGIN PASSWORD 'o'`,
    `CREATE ROLE kreki_emergency LOGIN PASSWORD 'r'`,
    `CREATE ROLE kreki_volunteer LOGIN PASSWORD 'v'`,
    'CREATE DATABASE kreki_emergency OWNER kreki_emergency_owner',
  );
  const url = withDatabase(server.url, 'kreki_emergency');
  await as(url, 'CREATE EXTENSION postgis');
  const owner = asUser(url, 'kreki_emergency_owner', 'o');
  for (let times = 0; times < 2; times++) {
    await promisify(execFile)('psql', [
      '--no-psqlrc',
      '--quiet',
      '--file=mesh/linkerd/base/emergency/grants.sql',
      owner,
    ]);
  }
  await as(owner, 'CREATE TABLE things (id bigserial PRIMARY KEY, place geography)');
  await as(asUser(url, 'kreki_emergency', 'r'), `INSERT INTO things (place) VALUES (ST_MakePoint(106.8, -6.2))`);
  await assert.rejects(as(asUser(url, 'kreki_emergency', 'r'), 'DROP TABLE things'), /must be owner/);
  await assert.rejects(as(asUser(url, 'kreki_volunteer', 'v'), 'SELECT 1'), /permission denied for database/);
});

test('a database has room for the connections of as many replicas as there may be', () => {
  for (const { metadata, spec } of ofKind(collect(`${ROOT}/base`), 'Cluster')) {
    const limits = spec.managed.roles.map(({ connectionLimit = 0 }: Spec) => connectionLimit);
    const sum = limits.reduce((total: number, limit: number) => total + limit, 0);
    assert.ok(Number(spec.postgresql.parameters.max_connections) > sum, metadata.name);
    assert.deepEqual(spec.postgresql.synchronous, { method: 'any', number: 1, dataDurability: 'required' });
    assert.equal(spec.inheritedMetadata.annotations['linkerd.io/inject'], 'disabled');
  }
});

test('PostGIS is where a service needs it', () => {
  const sql = readFileSync('mesh/linkerd/base/emergency/grants.sql', 'utf8');
  assert.doesNotMatch(sql, /EXTENSION/);
  const extended = ofKind(collect(`${ROOT}/base`), 'Database').filter(({ spec }) => spec.extensions);
  assert.deepEqual(
    extended.map(({ spec }) => [spec.name, spec.extensions.map((each: Spec) => each.name)]),
    [
      ['kreki_emergency', ['postgis']],
      ['kreki_volunteer', ['postgis']],
    ],
  );
});

async function until<T>(action: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await action();
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(50);
    }
  }
}
