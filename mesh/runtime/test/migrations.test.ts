import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { openDatabase } from '../database/database.ts';
import type { DataSteps } from '../database/migrations.ts';
import { testLog } from '../testing/events.ts';
import { testMesh } from '../testing/harness.ts';

async function subject(t: TestContext) {
  const mesh = await testMesh('migrations');
  t.after(() => mesh.stop());
  const folder = mkdtempSync(join(tmpdir(), 'kreki-migrations-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'migration_lock.toml'), 'provider = "postgresql"');
  const client = new pg.Client({ connectionString: mesh.databaseUrl });
  await client.connect();
  mesh.onStop(() => client.end());
  return {
    write(name: string, sql: string) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, 'migration.sql'), sql);
    },
    async migrate(dataSteps: DataSteps = {}) {
      const options = { log: testLog, name: 'migrations', migrations: pathToFileURL(folder), dataSteps };
      await (await openDatabase(mesh.databaseUrl, options)).stop();
    },
    rows: async (sql: string) => (await client.query(sql)).rows,
  };
}

const CREATE = 'CREATE TABLE things (id int PRIMARY KEY);';
const BOOKS =
  'SELECT migration_name, checksum, applied_steps_count, finished_at, rolled_back_at, logs FROM _prisma_migrations ORDER BY 1';

test("migrations are applied in the order of their names, with Prisma's bookkeeping", async (t) => {
  const { write, migrate, rows } = await subject(t);
  write('20261122000000_fill', 'INSERT INTO things VALUES (1); INSERT INTO things VALUES (2);');
  write('20261121000000_init', CREATE);
  await migrate();
  assert.deepEqual(await rows('SELECT id FROM things'), [{ id: 1 }, { id: 2 }]);
  const [first, second] = await rows(BOOKS);
  assert.equal(first?.migration_name, '20261121000000_init');
  assert.equal(first?.checksum, createHash('sha256').update(CREATE).digest('hex'));
  assert.equal(first?.applied_steps_count, 1);
  assert.ok(first?.finished_at instanceof Date);
  assert.equal(first?.rolled_back_at, null);
  assert.equal(second?.migration_name, '20261122000000_fill');
});

test('a second start applies only what is new', async (t) => {
  const { write, migrate, rows } = await subject(t);
  write('1_init', CREATE);
  await migrate();
  await migrate();
  write('2_more', 'ALTER TABLE things ADD COLUMN name text');
  await migrate();
  assert.equal((await rows(BOOKS)).length, 2);
});

test('replicas that start together apply each migration once', async (t) => {
  const { write, migrate, rows } = await subject(t);
  write('1_init', `${CREATE} SELECT pg_sleep(0.3);`);
  write('2_fill', 'INSERT INTO things VALUES (1)');
  await Promise.all([migrate(), migrate(), migrate(), migrate()]);
  assert.equal((await rows(BOOKS)).length, 2);
});

test('a migration that was changed after it had been applied is refused', async (t) => {
  const { write, migrate } = await subject(t);
  write('1_init', CREATE);
  await migrate();
  write('1_init', `${CREATE} -- changed`);
  await assert.rejects(migrate(), /migration 1_init was changed after it had been applied/);
});

test('a migration that fails leaves nothing, says which it was, and is applied once it is mended', async (t) => {
  const { write, migrate, rows } = await subject(t);
  write('1_init', CREATE);
  write('2_broken', 'INSERT INTO things VALUES (1); CREATE TABLE others (id nonsense);');
  await assert.rejects(migrate(), /migration 2_broken failed: type "nonsense" does not exist/);
  assert.deepEqual(await rows('SELECT id FROM things'), []);
  assert.equal((await rows(BOOKS)).length, 1);
  write('2_broken', 'INSERT INTO things VALUES (1)');
  await migrate();
  assert.deepEqual(await rows('SELECT id FROM things'), [{ id: 1 }]);
});

test('the server process of a migration being killed fails the start, and leaves nothing', async (t) => {
  const { write, migrate, rows } = await subject(t);
  write('1_init', `${CREATE} SELECT pg_terminate_backend(pg_backend_pid());`);
  await assert.rejects(migrate(), /migration 1_init failed/);
  assert.deepEqual(await rows("SELECT to_regclass('things') AS made"), [{ made: null }]);
});

test('a migration that another tool began and did not finish fails the start, naming it', async (t) => {
  const { write, migrate, rows } = await subject(t);
  write('1_init', CREATE);
  await migrate();
  await rows('UPDATE _prisma_migrations SET finished_at = NULL');
  await assert.rejects(migrate(), /migration 1_init was begun and not finished/);
});

test('a step in code comes right before its migration, again when it was cut short, and never afterwards', async (t) => {
  const { write, migrate, rows } = await subject(t);
  write('1_init', `${CREATE} ALTER TABLE things ADD COLUMN name text; INSERT INTO things VALUES (1), (2)`);
  write('2_named', 'ALTER TABLE things ALTER COLUMN name SET NOT NULL');
  let runs = 0;
  const dataSteps: DataSteps = {
    '2_named': async (client) => {
      runs += 1;
      await client.query(`UPDATE things SET name = 'made by code' WHERE id = $1`, [runs]);
      if (runs === 1) throw new Error('cut short');
    },
  };
  await assert.rejects(migrate(dataSteps), /cut short/);
  await migrate(dataSteps);
  await migrate(dataSteps);
  assert.equal(runs, 2);
  assert.deepEqual(await rows('SELECT DISTINCT name FROM things'), [{ name: 'made by code' }]);
  await assert.rejects(migrate({ '3_nowhere': async () => {} }), /no migration 3_nowhere/);
});
