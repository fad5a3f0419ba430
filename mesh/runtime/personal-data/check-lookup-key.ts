import type { Database } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import type { LookedUpColumn, PersonalData } from './personal-data.ts';

/** A single row may be damaged; keys that are wrong fit none. */
const SAMPLE = 5;

interface StoredPair {
  readonly id: string;
  readonly value: Buffer;
  readonly hash: Buffer;
}

/**
 * Makes sure that rows are found by the hashes made now: under another look-up key nobody would be known, and everybody could be entered
 * a second time.
 * @throws Error when none of a few rows opens and has the hash that its value gives.
 */
export async function checkLookupKey(
  database: Database,
  personalData: PersonalData,
  column: LookedUpColumn,
): Promise<void> {
  const { table, id, column: name, lookup } = column;
  const sample = prepared(
    `${table}_${name}_sample`,
    `SELECT ${id}::text AS id, ${name} AS value, ${lookup.column} AS hash FROM ${table}
     WHERE ${name} IS NOT NULL LIMIT ${SAMPLE}`,
  );
  const rows = await database.query<StoredPair>(sample);
  const problems: unknown[] = [];
  for (const row of rows) {
    try {
      if (personalData.lookup(column, personalData.open(column, row.id, row.value)).equals(row.hash)) return;
      problems.push(new Error('PERSONAL_DATA_LOOKUP_KEY is not the key that rows are found by'));
    } catch (error) {
      problems.push(error);
    }
  }
  const [problem] = problems;
  if (problem) throw new Error(`${table}.${name} was written with other keys`, { cause: problem });
}
