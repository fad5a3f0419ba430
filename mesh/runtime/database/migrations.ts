import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Logger } from '../log.ts';

/** Prisma's own bookkeeping, so that its tools understand a database that this runner brought up to date. */
const BOOKKEEPING = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

/** Any number, the same for all: migrations of one database run one at a time. */
const LOCK = 119_119;

interface Applied {
  readonly checksum: string;
  readonly migration_name: string;
  /** Null when Prisma's own tool began it and did not end it. */
  readonly finished_at: Date | null;
}

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * What code does to data right before a migration is applied, by the migration's name: what SQL cannot. It runs outside a transaction, and
 * from its beginning again when it or the migration was cut short.
 */
export type DataSteps = Readonly<Record<string, (client: pg.ClientBase, log: Logger) => Promise<void>>>;

/**
 * Applies the migrations of a folder that a database does not have yet, in the order of their names, each in a transaction of its own.
 * Replicas that start together wait for each other. Where nothing is missing, a role that may only read comes through too.
 * @throws Error when a migration that was applied has changed since, when one was begun by another tool and not finished, when one fails
 * (nothing of it stays), or when one is missing and the role may change no table.
 */
export async function migrate(pool: pg.Pool, folder: URL, log: Logger, steps: DataSteps = {}): Promise<void> {
  const migrations = read(fileURLToPath(folder));
  const astray = Object.keys(steps).find((step) => !migrations.some(({ name }) => name === step));
  if (astray) throw new Error(`there is no migration ${astray} to do a step before`);
  // A connection of its own, without the pool's time limits: a migration, and waiting for another replica's, takes what it takes.
  const client = new pg.Client({ ...pool.options, statement_timeout: 0, query_timeout: 0 });
  // What runs on a connection that is lost rejects, and says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    if ((await missing(client, migrations)).length === 0) return;
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(BOOKKEEPING);
    for (const migration of await missing(client, migrations)) {
      await steps[migration.name]?.(client, log);
      await apply(client, migration, log);
    }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new Error(
      `the schema is out of date, and ${client.user} may not change it: start this process once as its owner, with MIGRATE_ONLY=true`,
      { cause: error },
    );
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}

/** Thrown by the start of a service that was only to bring its schema up to date, once it is. */
export class Migrated extends Error {
  override readonly name = 'Migrated';
}

/** Whether a database has every migration of a folder. */
export async function isMigrated(url: string, folder: URL): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await missing(client, read(fileURLToPath(folder)))).length === 0;
  } finally {
    await client.end();
  }
}

/** Migrations that the database does not have, in their order. */
async function missing(client: pg.Client, migrations: readonly Migration[]): Promise<Migration[]> {
  const books = await client.query("SELECT to_regclass('_prisma_migrations') IS NOT NULL AS kept");
  if (!books.rows[0].kept) return [...migrations];
  const { rows } = await client.query<Applied>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  const unfinished = rows.find((row) => row.finished_at === null);
  if (unfinished)
    throw new Error(`migration ${unfinished.migration_name} was begun and not finished; resolve it first`);
  const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]));
  const changed = migrations.find(({ name, checksum }) => applied.has(name) && applied.get(name) !== checksum);
  if (changed) throw new Error(`migration ${changed.name} was changed after it had been applied; add a new one`);
  return migrations.filter(({ name }) => !applied.has(name));
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

function read(folder: string): Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'migration.sql')))
    .map(({ name }) => {
      const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration, log: Logger): Promise<void> {
  const start = performance.now();
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new Error(`migration ${name} failed: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  log.info({ migration: name, durationMs: Math.round(performance.now() - start) }, 'migration applied');
}
