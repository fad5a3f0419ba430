import type { ClientBase } from 'pg';
import type { Logger } from '../log.ts';
import type { LookedUpColumn, PersonalData, SealedColumn } from './personal-data.ts';

const BATCH = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** A column of plain text whose values go into a sealed one. */
export interface PlainColumn {
  readonly plain: string;
  readonly sealed: SealedColumn | LookedUpColumn;
}

interface PlainValue {
  readonly id: string;
  readonly plain: string;
}

/**
 * Seals what is in a plain column and not yet in the sealed one, a batch at a time, each committed by itself: what was cut short goes on
 * where it ended. The plain values stay for the migration that drops their column.
 */
export async function sealPlain(
  client: ClientBase,
  personalData: PersonalData,
  { plain, sealed }: PlainColumn,
  log: Logger,
): Promise<void> {
  const { table, id, column } = sealed;
  const lookup = 'lookup' in sealed ? sealed.lookup : undefined;
  const select = `SELECT ${id}::text AS id, ${plain} AS plain FROM ${table}
    WHERE ${plain} <> '' AND ${column} IS NULL AND ${id} > $1 ORDER BY ${id} LIMIT ${BATCH} FOR UPDATE`;
  const update = `UPDATE ${table} SET ${column} = made.sealed ${lookup ? `, ${lookup.column} = made.hash` : ''}
    FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS made (id, sealed, hash) WHERE ${table}.${id} = made.id`;
  let count = 0;
  let last = FIRST_ID;
  for (let full = true; full; ) {
    await client.query('BEGIN');
    const { rows } = await client.query<PlainValue>(select, [last]);
    await client.query(update, [
      rows.map((row) => row.id),
      rows.map((row) => personalData.seal(sealed, row.id, row.plain)),
      rows.map((row) => ('lookup' in sealed ? personalData.lookup(sealed, row.plain) : null)),
    ]);
    await client.query('COMMIT');
    count += rows.length;
    last = rows.at(-1)?.id ?? last;
    full = rows.length === BATCH;
  }
  if (count > 0) log.info({ column: `${table}.${column}`, values: count }, 'personal data sealed');
}
