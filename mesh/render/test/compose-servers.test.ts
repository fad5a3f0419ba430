import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { connect as connectNats } from 'nats';
import pg from 'pg';
import { makeSecrets } from '../../compose/make-secrets.ts';
import { postgres } from '../../local/servers/postgres.ts';
import { startPrivate } from '../../policy/test/private-server.ts';
import { findFreePort } from '../../runtime/testing/free-port.ts';

const folder = mkdtempSync(join(tmpdir(), 'kreki-servers-'));
makeSecrets(folder);
after(() => rmSync(folder, { recursive: true }));
const secret = (path: string) => readFileSync(join(folder, 'secrets', path), 'utf8').trim();

/** A rendered configuration with the container's paths where they are here. */
function configuration(file: string, secrets: string): string {
  const text = readFileSync(join('mesh/compose', file), 'utf8');
  return text
    .replaceAll('/run/secrets', join(folder, 'secrets', secrets))
    .replaceAll(/\/data\b/g, join(folder, 'data'));
}

/** The same user and password at another place. */
function at(url: string, port: number): string {
  const result = new URL(url);
  result.host = `127.0.0.1:${port}`;
  return result.href;
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.end() && true)).on('error', () => resolve(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

test('psql makes roles and databases again and again; a service may enter its own, and a new password takes effect', async (t) => {
  const server = await startPrivate(postgres);
  t.after(() => server.stop());
  const { port, password } = new URL(server.url);
  const script = join(folder, 'roles.sql');
  const apply = async () => {
    writeFileSync(script, configuration('postgres-roles.sql', 'postgres'));
    const args = [
      '--no-psqlrc',
      '--quiet',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--username=postgres',
      `--file=${script}`,
    ];
    await promisify(execFile)('psql', args, { env: { ...process.env, PGPASSWORD: password } });
  };
  const as = async (url: string, statement: string) => {
    const client = new pg.Client({ connectionString: at(url, Number(port)) });
    await client.connect();
    return client.query(statement).finally(() => client.end());
  };
  await apply();
  await apply();
  const [own, owner] = [secret('auth/DATABASE_URL'), secret('auth-migrations/DATABASE_URL')];
  await as(owner, 'CREATE TABLE things (id int)');
  await as(own, 'INSERT INTO things VALUES (1)');
  await assert.rejects(as(own, 'DROP TABLE things'), /must be owner/);
  await assert.rejects(as(own.replace(/kreki_auth$/, 'kreki_volunteer'), 'SELECT 1'), /permission denied for database/);
  const postgis = await as(secret('emergency/DATABASE_URL'), 'SELECT postgis_version()');
  assert.equal(postgis.rowCount, 1);

  makeSecrets(folder, ['kreki_auth']);
  await apply();
  await assert.rejects(as(own, 'SELECT 1'), /password authentication failed/);
  assert.equal((await as(secret('auth/DATABASE_URL'), 'SELECT id FROM things')).rows[0].id, 1);
});

test('NATS lets each service in by its own password, to its own subjects', async (t) => {
  const [port, monitor] = [await findFreePort(), await findFreePort()];
  const file = join(folder, 'etc/nats/nats.conf');
  mkdirSync(dirname(file), { recursive: true });
  // The include is relative, as it is in the container; and the server of this machine may be older than sync_interval.
  const text = readFileSync('mesh/compose/nats.conf', 'utf8')
    .replace('../../run/secrets/', '../../secrets/nats/')
    .replace('/data', join(folder, 'nats'))
    .replace(':8222', `:${monitor}`)
    .replace(/^\s*sync_interval: always\n/m, '');
  writeFileSync(file, text);
  const server = spawn('nats-server', ['--config', file, '--port', String(port)], { stdio: 'ignore' });
  t.after(() => server.kill());
  await listening(port);
  const url = new URL(secret('emergency/NATS_URL'));
  const options = { servers: `127.0.0.1:${port}`, user: url.username, pass: url.password };
  await assert.rejects(connectNats({ ...options, pass: 'another' }), /Authorization Violation/i);
  const connection = await connectNats(options);
  t.after(() => connection.close());
  const health = await fetch(`http://127.0.0.1:${monitor}/healthz`);
  assert.equal(health.status, 200);
  const refused = new Promise((resolve) => {
    void (async () => {
      for await (const { type, data } of connection.status()) if (type === 'error') resolve(data);
    })();
  });
  connection.publish('kreki.auth.v1.UserRegistered');
  assert.match(String(await refused), /PERMISSIONS_VIOLATION/);
});

test('Redis lets each process in by its own password, to its own keys', async (t) => {
  const port = await findFreePort();
  const file = join(folder, 'redis.conf');
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(file, configuration('redis.conf', 'redis'));
  const server = spawn('redis-server', [file, '--port', String(port)], { stdio: 'ignore' });
  t.after(() => server.kill());
  await listening(port);
  const open = (url: string) => {
    const client = new Redis(at(url, port), { retryStrategy: null, maxRetriesPerRequest: 0 });
    t.after(() => client.disconnect());
    return client;
  };
  const edge = open(secret('gateway/REDIS_URL'));
  assert.equal(await edge.set('kreki:edge:limit', '1'), 'OK');
  await assert.rejects(edge.set('kreki:auth:revoked:1', '1'), /NOPERM/);
  const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(port), 'ping']);
  assert.match(stdout, /NOAUTH/);
});
