import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { repository } from '../../local/folders.ts';
import { createDatabases, dropDatabases, withDatabase } from '../../local/servers/databases.ts';
import { postgres } from '../../local/servers/postgres.ts';
import { asUser } from '../../local/servers/users.ts';
import { openDatabase } from '../../runtime/database/database.ts';
import { createLogger } from '../../runtime/log.ts';
import { type ServiceName, serviceNames, services } from '../../topology.ts';
import { databasePolicies, postgresInitScript } from '../postgres.ts';
import { startPrivate } from './private-server.ts';

const AUDITED = `INSERT INTO audit_entries (sequence, time, actor_role, peer, rpc, subjects, outcome, reason, client_address, request_id,
  trace_id, omitted, previous_hash, hash) VALUES (0, now(), '', '', '', '{}', '', '', '', '', '', 0, '', '')`;
const owning = serviceNames.filter((name) => services[name].stores.postgres);
const server = await startPrivate(postgres);
after(() => server.stop());

/** Runs statements on a connection of their own. */
async function run(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

// As it was made where a service was the owner of its tables.
const legacy = owning[0] as ServiceName;
await run(
  server.url,
  `CREATE ROLE kreki_${legacy} LOGIN PASSWORD 'old'`,
  `CREATE DATABASE kreki_${legacy} OWNER kreki_${legacy}`,
);
await run(
  asUser(withDatabase(server.url, `kreki_${legacy}`), `kreki_${legacy}`, 'old'),
  'CREATE TABLE kept (id bigserial PRIMARY KEY); INSERT INTO kept DEFAULT VALUES',
);
const urls = await createDatabases(server.url, server.secrets, true);

/** The service's own schema, and a table besides. */
async function migrate(name: ServiceName): Promise<void> {
  const migrations = pathToFileURL(`${repository}/services/${name}/prisma/migrations`);
  const log = createLogger('migrations', 'silent');
  await (await openDatabase(urls.owner[name], { log, name: 'migrations', migrations })).stop();
  await run(urls.owner[name], 'CREATE TABLE things (id serial PRIMARY KEY, name text)');
}
for (const name of owning) await migrate(name);

for (const name of owning) {
  test(`in PostgreSQL ${name} comes into its own database, and into no other`, async () => {
    for (const database of [...owning.map((other) => `kreki_${other}`), 'postgres', 'template1'])
      for (const role of ['service', 'owner'] as const) {
        const entering = run(withDatabase(urls[role][name], database), 'SELECT 1');
        if (database === `kreki_${name}`) await entering;
        else await assert.rejects(entering, /permission denied for database/, `${role} of ${name} in ${database}`);
      }
  });

  test(`in PostgreSQL ${name} uses rows, and changes neither tables nor what is append-only`, async () => {
    const url = urls.service[name];
    await run(url, "INSERT INTO things (name) VALUES ('a')", "UPDATE things SET name = 'b'", 'DELETE FROM things');
    await run(url, "INSERT INTO outbox VALUES (gen_random_uuid(), DEFAULT, 's', 'a', '', '{}')", 'DELETE FROM outbox');
    await run(url, AUDITED);
    for (const [statement, refusal] of [
      ['CREATE TABLE more (id int)', /permission denied for schema/],
      ['CREATE SCHEMA more', /permission denied for database/],
      ['CREATE TEMP TABLE more (id int)', /permission denied to create temporary tables/],
      ['ALTER TABLE things ADD COLUMN more int', /must be owner/],
      ['DROP TABLE things', /must be owner/],
      ['TRUNCATE things', /permission denied for table/],
      ['ALTER TABLE audit_entries DISABLE TRIGGER ALL', /must be owner/],
      ['DROP TRIGGER audit_entries_keep ON audit_entries', /must be owner/],
      [
        "CREATE OR REPLACE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS ''",
        /permission denied for schema/,
      ],
      ["SET session_replication_role = 'replica'", /permission denied to set parameter/],
      ["UPDATE audit_entries SET outcome = 'another'", /only ever added to/],
      ['DELETE FROM audit_entries', /only ever added to/],
      [`SET ROLE kreki_${name}_owner`, /permission denied to set role/],
      ["COPY things TO PROGRAM 'cat'", /permission denied|must be superuser/],
      ['SELECT pg_read_file($$/etc/passwd$$)', /permission denied for function/],
      ['CREATE ROLE more', /permission denied to create role/],
      ['ALTER ROLE CURRENT_USER SUPERUSER', /must be superuser|permission denied/],
    ] as const)
      await assert.rejects(run(url, statement), refusal, statement);
    await assert.rejects(run(urls.owner[name], 'DELETE FROM audit_entries'), /only ever added to/);
  });

  test(`in PostgreSQL ${name} is bounded in time and in connections`, async () => {
    const [limits] = await run(
      urls.service[name],
      `SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle,
         rolconnlimit AS connections FROM pg_roles WHERE rolname = current_user`,
    );
    const policy = databasePolicies().find(({ service }) => service === name);
    assert.deepEqual(limits, { statement: '30s', idle: '1min', connections: policy?.connectionLimit });
    await assert.rejects(run(urls.service[name], "SET statement_timeout = '50ms'", 'SELECT pg_sleep(60)'), /timeout/);
  });
}

test('the connections of all roles together fit into the server', async () => {
  const [row] = await run(server.url, 'SHOW max_connections');
  const wanted = databasePolicies().reduce((sum, { connectionLimit }) => sum + connectionLimit, 0);
  assert.ok(wanted + 10 <= Number(row?.max_connections), `${wanted} of ${row?.max_connections}`);
});

test('what a service had made while it was its own owner is its owner’s, and the rows are still there to use', async () => {
  const url = urls.service[legacy];
  assert.deepEqual(await run(url, 'SELECT count(*)::int AS count FROM kept'), [{ count: 1 }]);
  await run(url, 'INSERT INTO kept DEFAULT VALUES');
  await assert.rejects(run(url, 'ALTER TABLE kept ADD COLUMN more int'), /must be owner/);
  await run(urls.owner[legacy], 'ALTER TABLE kept ADD COLUMN more int');
  await createDatabases(server.url, server.secrets, true);
  await run(url, 'SELECT more FROM kept');
});

test('the script for an empty server makes the same roles and databases as the launcher', async () => {
  const made = () =>
    run(
      server.url,
      `SELECT datname, datdba::regrole::text AS owner, datacl::text, rolconnlimit, setconfig FROM pg_database
       JOIN pg_roles ON rolname = datname LEFT JOIN pg_db_role_setting ON setrole = pg_roles.oid
       WHERE datname LIKE 'kreki%' ORDER BY 1`,
    );
  const byLauncher = await made();
  await dropDatabases(server.url);
  assert.deepEqual(await made(), []);
  const script = postgresInitScript(databasePolicies(), (role) => `'${server.secrets.password(role)}'`);
  // psql's own command goes to another database, and stays there: what is for the whole server may be said in any.
  for (const part of script.split(/^\\connect /m)) {
    const [, database, statements = ''] = /^(kreki_\w+)?\n?(.*)$/s.exec(part) ?? [];
    await run(database ? withDatabase(server.url, database) : server.url, ...statements.split('\n').filter(Boolean));
  }
  assert.deepEqual(await made(), byLauncher);
  assert.equal(byLauncher.length, owning.length);
  for (const name of owning) {
    await migrate(name);
    await run(urls.service[name], "INSERT INTO things (name) VALUES ('a')");
  }
});
