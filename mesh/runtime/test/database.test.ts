import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import pg from 'pg';
import { type Database, openDatabase, type Tx } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import { reasonOf, retryAfterMsOf } from '../errors.ts';
import { isFinal } from '../rpc/metadata.ts';
import { testLog, until } from '../testing/events.ts';
import { type TestMesh, testMesh } from '../testing/harness.ts';

const PID = prepared('pid', 'SELECT pg_backend_pid() AS pid');
const SLEEP = prepared('sleep', 'SELECT pg_sleep($1::float8)');
const ADD = prepared('add', 'UPDATE counters SET value = value + 1 WHERE id = $1');
const VALUE = prepared('value', 'SELECT value FROM counters WHERE id = $1');

let mesh: TestMesh;
let database: Database;
let admin: pg.Client;

before(async () => {
  mesh = await testMesh('database');
  database = await openDatabase(mesh.databaseUrl, { log: testLog, name: 'tested', max: 4 });
  admin = new pg.Client({ connectionString: mesh.databaseUrl });
  await admin.connect();
  await admin.query('CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL)');
  await admin.query('INSERT INTO counters VALUES (1, 0), (2, 0), (3, 0)');
});
after(async () => {
  await database.stop();
  await admin.end();
  await mesh.stop();
});

const unavailable = (error: unknown) =>
  error instanceof ConnectError && error.code === Code.Unavailable && reasonOf(error) === 'DATABASE_UNAVAILABLE';

test('a statement is prepared once for each connection, by its name', async () => {
  const prepares = await database.transaction(async (tx) => {
    for (let times = 0; times < 3; times++) await tx.query(VALUE, [1]);
    return tx.query(prepared('plans', "SELECT name FROM pg_prepared_statements WHERE name = 'value'"));
  });
  assert.deepEqual(prepares, [{ name: 'value' }]);
});

test('a statement name that PostgreSQL would cut off is refused', () => {
  assert.throws(() => prepared('x'.repeat(64), 'SELECT 1'), RangeError);
});

test('values come as the types that the interface names', async () => {
  const [row] = await database.query(
    prepared(
      'types',
      `SELECT 9007199254740991::bigint AS int8, ARRAY[1::bigint, NULL] AS int8s, DATE '2026-02-28' AS date,
              ARRAY[DATE '2026-02-28'] AS dates, TIMESTAMPTZ '2026-11-21 07:00:00+07' AS time, '\\x00ff'::bytea AS bytes,
              1.5::float8 AS float8, '{"a": 1}'::jsonb AS json, count(*) AS count`,
    ),
  );
  assert.deepEqual(row, {
    int8: 9007199254740991,
    int8s: [1, null],
    date: '2026-02-28',
    dates: ['2026-02-28'],
    time: new Date('2026-11-21T00:00:00Z'),
    bytes: Buffer.from([0, 255]),
    float8: 1.5,
    json: { a: 1 },
    count: 1,
  });
});

test('what a transaction sends without waiting is done in its order, and is committed with the rest', async () => {
  const double = prepared('double', 'UPDATE counters SET value = value * 2 WHERE id = $1');
  const [row] = await database.transaction(async (tx) => {
    tx.send(ADD, [3]);
    tx.send(double, [3]);
    const seen = await tx.query(VALUE, [3]);
    tx.send(ADD, [3]);
    return seen;
  });
  assert.deepEqual(row, { value: 2 });
  assert.deepEqual(await database.query(VALUE, [3]), [{ value: 3 }]);
});

test('what a transaction asks for later is as the transaction leaves it, and there once it is committed', async () => {
  const { before, later } = await database.transaction(async (tx) => {
    const [before] = await tx.query<{ value: number }>(VALUE, [3]);
    tx.send(ADD, [3]);
    return { before, later: tx.queryLater<{ value: number }>(VALUE, [3]) };
  });
  assert.deepEqual(await later, [{ value: (before?.value ?? 0) + 1 }]);
  const alone = await database.transaction(async (tx) => ({ later: tx.queryLater(VALUE, [3]) }));
  assert.deepEqual(await alone.later, await later);
});

test('a statement that was sent fails its transaction with its own error, asked for something afterwards or not', async () => {
  const duplicate = prepared('duplicate_sent', 'INSERT INTO counters VALUES (1, 0)');
  const before = await database.query(VALUE, [3]);
  const failing = (after: (tx: Tx) => Promise<unknown>) =>
    database.transaction(async (tx) => {
      tx.send(ADD, [3]);
      tx.send(duplicate);
      tx.send(ADD, [3]);
      await after(tx);
    });
  await assert.rejects(
    failing((tx) => tx.query(VALUE, [3])),
    { code: '23505' },
  );
  await assert.rejects(
    failing(async () => undefined),
    { code: '23505' },
  );
  assert.deepEqual(await database.query(VALUE, [3]), before);
});

test('a statement that fails does not cost the connection', async () => {
  const single = await openDatabase(mesh.databaseUrl, { log: testLog, name: 'single', max: 1 });
  try {
    const [before] = await single.query(PID);
    const duplicate = prepared('duplicate', 'INSERT INTO counters VALUES (1, 0)');
    await assert.rejects(single.query(duplicate), { code: '23505' });
    await assert.rejects(
      single.transaction((tx) => tx.query(duplicate)),
      { code: '23505' },
    );
    assert.deepEqual(await single.query(PID), [before]);
  } finally {
    await single.stop();
  }
});

test('what is asked for side by side in a transaction comes in its order, each with its own rows', async () => {
  const [before] = await database.query<{ value: number }>(VALUE, [3]);
  const value = before?.value ?? 0;
  const rows = await database.transaction(async (tx) => {
    tx.send(ADD, [3]);
    return Promise.all([tx.query(VALUE, [3]), tx.query(VALUE, [2]), tx.query(ADD, [3]), tx.query(VALUE, [3])]);
  });
  assert.deepEqual(rows, [[{ value: value + 1 }], [{ value: 0 }], [], [{ value: value + 2 }]]);
});

test('a transaction that cannot begin runs none of its statements', async () => {
  const alone = await openDatabase(mesh.databaseUrl, { log: testLog, name: 'alone', max: 1 });
  const add = () => alone.transaction((tx) => tx.query(ADD, [2]));
  await add();
  await alone.query(prepared('forget', 'DEALLOCATE "begin"'));
  await assert.rejects(add(), /"begin" does not exist/);
  await alone.stop();
  assert.deepEqual(await database.query(VALUE, [2]), [{ value: 1 }]);
  await database.query(prepared('subtract', 'UPDATE counters SET value = value - 1 WHERE id = 2'));
});

test('a transaction tells how it ended', async () => {
  const told: boolean[] = [];
  const note = async (tx: Tx, failure?: Error) => {
    tx.ended((committed) => told.push(committed));
    await tx.query(VALUE, [2]);
    if (failure) throw failure;
  };
  await database.transaction(note);
  await assert.rejects(database.transaction((tx) => note(tx, new Error('no'))));
  const duplicate = prepared('duplicate_at_last', 'INSERT INTO counters VALUES (1, 0)');
  await assert.rejects(
    database.transaction(async (tx) => {
      await note(tx);
      tx.send(duplicate);
    }),
  );
  assert.deepEqual(told, [true, false, false]);
});

test('a transaction that runs again has ended each time', async () => {
  const told: boolean[] = [];
  let first = true;
  await database.transaction(async (tx) => {
    tx.ended((committed) => told.push(committed));
    if (!first) return;
    first = false;
    await tx.query(prepared('refuse', `DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`));
  });
  assert.deepEqual(told, [false, true]);
});

test('a transaction that throws leaves nothing', async () => {
  const failure = new Error('no');
  await assert.rejects(
    database.transaction(async (tx) => {
      await tx.query(ADD, [2]);
      throw failure;
    }),
    failure,
  );
  assert.deepEqual(await database.query(VALUE, [2]), [{ value: 0 }]);
});

test('an error that work meets outside the database stays what it is', async () => {
  const failure = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  await assert.rejects(
    database.transaction(() => Promise.reject(failure)),
    failure,
  );
});

test('a transaction whose failed statement was ignored is not taken for committed', async () => {
  const work = async (tx: Tx) => {
    await tx.query(ADD, [2]);
    await tx.query(prepared('broken', 'SELECT 1 / 0')).catch(() => undefined);
  };
  await assert.rejects(database.transaction(work), /nothing was committed/);
});

test('a transaction runs again after a serialisation failure', async () => {
  let runs = 0;
  const increment = () =>
    database.transaction(async (tx) => {
      runs += 1;
      await tx.client.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
      await tx.query(VALUE, [1]);
      await sleep(20);
      await tx.query(ADD, [1]);
    });
  await Promise.all([increment(), increment(), increment()]);
  assert.deepEqual(await database.query(VALUE, [1]), [{ value: 3 }]);
  assert.ok(runs > 3, `${runs} runs`);
});

test('a transaction runs again after a deadlock', async () => {
  let runs = 0;
  const both = (first: number, second: number) =>
    database.transaction(async (tx) => {
      runs += 1;
      await tx.query(ADD, [first]);
      await sleep(50);
      await tx.query(ADD, [second]);
    });
  await Promise.all([both(1, 2), both(2, 1)]);
  assert.equal(runs, 3);
});

test('a transaction that never succeeds is given up after five tries', async () => {
  let runs = 0;
  const fails = database.transaction(async (tx) => {
    runs += 1;
    await tx.query(prepared('refuse', `DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`));
  });
  await assert.rejects(fails, { code: '40001' });
  assert.equal(runs, 5);
});

const terminate = () =>
  admin.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tested' AND datname = current_database()",
  );

test('calls whose server process is killed are UNAVAILABLE, and the next ones succeed', async () => {
  const statement = database.query(SLEEP, [5]);
  const transaction = database.transaction(async (tx) => {
    await tx.query(ADD, [2]);
    await tx.query(SLEEP, [5]);
  });
  const between = database.transaction(async (tx) => {
    await tx.query(PID);
    await sleep(300);
    await tx.query(PID);
  });
  const checks = [statement, transaction, between].map((call) => assert.rejects(call, unavailable));
  await sleep(100);
  await terminate();
  await Promise.all(checks);
  assert.equal((await database.query(PID)).length, 1);
  assert.ok(await database.healthy());
});

test('idle connections that are killed are replaced unnoticed', async () => {
  await Promise.all([database.query(SLEEP, [0.05]), database.query(SLEEP, [0.05]), database.query(SLEEP, [0.05])]);
  await terminate();
  await until(() => database.pool.idleCount === 0, 'the pool dropping its connections');
  assert.equal((await database.query(PID)).length, 1);
});

test('while every connection is in use, calls wait and then are UNAVAILABLE with that reason', async () => {
  const busy = Array.from({ length: 4 }, () => database.query(SLEEP, [6]));
  const error = await database.query(PID).then(
    () => assert.fail('it was answered'),
    (thrown: unknown) => ConnectError.from(thrown),
  );
  assert.ok(unavailable(error));
  assert.match(error.rawMessage, /every database connection is in use/);
  assert.ok((retryAfterMsOf(error) ?? 0) > 0 && isFinal(error), 'nobody asks again at once');
  await Promise.all(busy);
  assert.equal((await database.query(PID)).length, 1);
});

test('a database is healthy while it answers those who have all its connections', async () => {
  const lanes = Array.from({ length: 8 }, async () => {
    for (let round = 0; round < 3; round++) await database.query(SLEEP, [1.2]);
  });
  for (let look = 0; look < 4; look++) assert.equal(await database.healthy(), true);
  await Promise.all(lanes);
});

test('more calls than may wait for a connection are refused at once', async () => {
  const busy = Array.from({ length: 4 }, () => database.query(SLEEP, [0.3]));
  const calls = await Promise.allSettled(Array.from({ length: 1_100 }, () => database.query(PID)));
  const refused = calls.filter((call) => call.status === 'rejected');
  assert.ok(refused.length >= 100 && refused.length <= 104, `${refused.length} refused`);
  assert.ok(refused.every(({ reason }) => unavailable(reason)));
  await Promise.all(busy);
});

test('a statement that takes too long is ended by the server', async () => {
  const hasty = await openDatabase(mesh.databaseUrl, { log: testLog, name: 'hasty', statementTimeoutMs: 100 });
  await assert.rejects(hasty.query(SLEEP, [5]), { code: '57014' });
  await hasty.stop();
});

test('a wrong database name is an error at once', async () => {
  const wrong = new URL(mesh.databaseUrl);
  wrong.pathname = '/absent';
  await assert.rejects(openDatabase(wrong.href, { log: testLog, name: 'wrong' }), { code: '3D000' });
});
