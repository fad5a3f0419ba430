import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import pg from 'pg';
import { type Database, openDatabase } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import { testLog, until } from '../testing/events.ts';
import { type TestMesh, testMesh } from '../testing/harness.ts';
import { Link } from '../testing/link/link.ts';

const PID = prepared('pid', 'SELECT pg_backend_pid() AS pid');
const SLEEP = prepared('sleep', 'SELECT pg_sleep($1::float8)');
const COUNT = prepared('count', 'SELECT count(*) AS count FROM generate_series(1, $1::integer)');

let mesh: TestMesh;
let database: Database;
let admin: pg.Client;
before(async () => {
  mesh = await testMesh('during');
  database = await openDatabase(mesh.databaseUrl, { log: testLog, name: 'tested', max: 4 });
  admin = new pg.Client({ connectionString: mesh.databaseUrl });
  await admin.connect();
});
after(async () => {
  await database.stop();
  await admin.end();
  await mesh.stop();
});

const sleeping = async () => {
  const { rows } = await admin.query(
    `SELECT count(*)::integer AS count FROM pg_stat_activity
     WHERE application_name = 'tested' AND state = 'active' AND query LIKE '%pg_sleep%'`,
  );
  return rows[0].count as number;
};
const pids = async () => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => database.pool.connect()));
  const found = clients.map((client) => (client as unknown as { processID: number }).processID);
  for (const client of clients) client.release();
  return found.sort();
};
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'answered',
    (error: unknown) => Code[ConnectError.from(error).code],
  );

test('a caller who leaves ends the statement in the server, and the connection serves on', async () => {
  const before = await pids();
  const leaving = new AbortController();
  const work = outcome(database.during(leaving.signal).query(SLEEP, [60]));
  await until(async () => (await sleeping()) === 1, 'the statement at work');
  leaving.abort(new ConnectError('the caller went away', Code.Canceled));
  assert.equal(await work, 'Canceled');
  assert.equal(await sleeping(), 0);
  assert.deepEqual(await pids(), before);
});

test('a deadline that ends is what the caller is told, not what it did to the statement', async () => {
  const deadline = signalAfter(50, new ConnectError('time is up', Code.DeadlineExceeded));
  assert.equal(await outcome(database.during(deadline).query(SLEEP, [60])), 'DeadlineExceeded');
  assert.equal(await sleeping(), 0);
});

test('who waits for a connection and leaves does not get one, and none is lost', async () => {
  const held = await Promise.all(Array.from({ length: 4 }, () => database.pool.connect()));
  const leaving = new AbortController();
  const waiting = Array.from({ length: 20 }, () => outcome(database.during(leaving.signal).query(PID)));
  await sleep(20);
  leaving.abort();
  assert.deepEqual([...new Set(await Promise.all(waiting))], ['Canceled']);
  for (const client of held) client.release();
  assert.equal(await outcome(database.query(PID)), 'answered');
  await until(() => database.pool.idleCount === database.pool.totalCount, 'every connection given back');
  assert.equal(await outcome(database.during(AbortSignal.abort()).query(PID)), 'Canceled');
});

test('however often callers leave, no statement of anybody else is cut short', async () => {
  const work = (index: number) => {
    if (index % 2 === 0) return outcome(database.query(COUNT, [20_000]));
    return outcome(database.during(signalAfter(Math.random() * 10)).query(COUNT, [20_000])).then(() => 'answered');
  };
  for (let round = 0; round < 30; round++) {
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => work(index)));
    assert.deepEqual([...new Set(outcomes)], ['answered']);
  }
});

test('a statement on a connection that vanished without a word ends soon after its caller left, and the connection with it', async () => {
  const url = new URL(mesh.databaseUrl);
  const link = new Link(0, Number(url.port || 5432));
  await link.start();
  url.port = String(link.port);
  const behind = await openDatabase(url.href, { log: testLog, name: 'behind', max: 1 });
  try {
    const leaving = new AbortController();
    const work = outcome(behind.during(leaving.signal).query(SLEEP, [60]));
    await until(() => behind.pool.idleCount === 0, 'the statement on its way');
    link.forget();
    leaving.abort();
    assert.equal(await work, 'Canceled');
    assert.equal(behind.pool.totalCount, 0);
    assert.equal(await outcome(behind.query(PID)), 'answered');
  } finally {
    await behind.stop();
    await link.stop();
  }
});

function signalAfter(ms: number, reason?: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), ms);
  return controller.signal;
}
