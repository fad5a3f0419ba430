import assert from 'node:assert/strict';
import type { Client } from '@connectrpc/connect';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import type { PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import type pg from 'pg';
import type { Holdings } from '../privacy/holdings.ts';

/** Tables of the runtime in which ids of people stay: the audit log for five years, events for as long as they are kept. */
const KEPT_BY_THE_RUNTIME = ['audit_entries', 'outbox'];
const RUNTIME_COLUMNS = ['audit_entries.session_id', 'inbox.event_id', 'inbox_attempts.event_id', 'outbox.id'];

/**
 * Asserts that every UUID column of a service's tables is named by what it exports and by what it erases, unless it is said that the column
 * names no person: a new table is in one of the lists, or the test fails.
 */
export async function assertAllNamed(pool: pg.Pool, holdings: Holdings, namesNobody: readonly string[]): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT c.table_name || '.' || c.column_name AS name
     FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.udt_name IN ('uuid', '_uuid') ORDER BY 1`,
  );
  const columns = rows.map(({ name }) => name).filter((name) => !RUNTIME_COLUMNS.includes(name));
  const nobody = new Set(namesNobody);
  const exported = new Set([
    'audit_entries.actor_id',
    ...holdings.sections.flatMap((section) => section.columns),
    ...Object.keys(holdings.unexported ?? {}),
  ]);
  const erased = new Set([
    'audit_entries.actor_id',
    ...holdings.erasure.flatMap((step) => step.columns),
    ...Object.keys(holdings.kept ?? {}),
  ]);
  for (const column of columns) {
    assert.equal(exported.has(column), !nobody.has(column), `${column}: in the export, or said to name nobody`);
    assert.equal(erased.has(column), !nobody.has(column), `${column}: in the erasure, or said to name nobody`);
  }
  const known = new Set(columns);
  for (const column of [...exported, ...erased, ...nobody]) assert.ok(known.has(column), `${column} is not there`);
}

/** Every column of the holdings, and how many rows it has with this person. */
export async function rowsOf(pool: pg.Pool, holdings: Holdings, userId: string): Promise<Record<string, number>> {
  const columns = [...holdings.sections, ...holdings.erasure].flatMap((each) => each.columns);
  const counts = await Promise.all(
    [...new Set(columns)].map(async (name) => {
      const [table = '', column = ''] = name.split('.');
      const { rows } = await pool.query(`SELECT count(*)::int AS count FROM ${table} WHERE ${column} = $1`, [userId]);
      return [name, rows[0].count] as const;
    }),
  );
  return Object.fromEntries(counts);
}

/** Tables with a row in which one of the texts occurs, in whatever column, but those where it is meant to stay. */
export async function tracesOf(pool: pg.Pool, texts: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> ALL($1) ORDER BY 1`,
    [KEPT_BY_THE_RUNTIME],
  );
  const patterns = texts.flatMap((text) => [text, Buffer.from(text).toString('hex')]).map((text) => `%${text}%`);
  const found: string[] = [];
  for (const { name } of rows) {
    const { rowCount } = await pool.query(`SELECT FROM "${name}" AS row WHERE row::text ILIKE ANY($1) LIMIT 1`, [
      patterns,
    ]);
    if (rowCount) found.push(name);
  }
  return found;
}

/** An export, its records by section. */
export async function exported(
  client: Client<typeof PersonalDataService>,
  userId: string,
  locale = Locale.ID,
): Promise<Record<string, unknown[]>> {
  const sections: Record<string, unknown[]> = {};
  for await (const { record } of client.export({ userId, locale })) {
    const { section = '', data } = record ?? {};
    sections[section] = [...(sections[section] ?? []), data];
  }
  return sections;
}
