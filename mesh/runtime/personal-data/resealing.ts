import type { Database, Tx } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import type { Logger } from '../log.ts';
import { type Loop, loop } from '../loop.ts';
import { meter } from '../telemetry.ts';
import type { PersonalData, SealedColumn } from './personal-data.ts';
import { HEAD_BYTES, headOf, keyNumberOf } from './sealed-value.ts';

const INTERVAL_MS = 3_600_000;
/** Rows of one transaction. */
const BATCH = 500;
/** Values of a pass that do not open, after which it gives up until the next. */
const UNREADABLE_MAX = 100;

const waiting = meter.createGauge('kreki.personal_data.old_key_values', {
  description: 'Values sealed under a key that is not the current one, at the end of a pass',
  unit: '{value}',
});

/**
 * Seals again under the current key what is sealed under another of the ring, at the start and every hour. A key may leave the ring when
 * no value is left under it.
 */
export function resealing(
  database: Database,
  personalData: PersonalData,
  columns: readonly SealedColumn[],
  log: Logger,
): Loop {
  const passes = columns.map((column) => resealingPass(database, personalData, column, log));
  return loop(
    'personal-data-resealing',
    INTERVAL_MS,
    async (signal) => {
      for (const pass of passes) await pass(signal);
    },
    { log },
  );
}

interface StoredValue {
  readonly id: string;
  readonly value: Buffer;
}

/** One pass over a column, a batch at a time; the column has an index over its head: `(substr(<column>, 1, 3))`. */
export function resealingPass(database: Database, personalData: PersonalData, column: SealedColumn, log: Logger) {
  const { table, id, column: name } = column;
  const head = `substr(${name}, 1, ${HEAD_BYTES})`;
  const select = prepared(
    `${table}_${name}_under`,
    `SELECT ${id}::text AS id, ${name} AS value FROM ${table}
     WHERE ${head} = ANY ($1::bytea[]) AND ${id} <> ALL ($2::uuid[])
     LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
  );
  const update = prepared(
    `${table}_${name}_reseal`,
    `UPDATE ${table} SET ${name} = resealed.value
     FROM unnest($1::uuid[], $2::bytea[]) AS resealed (id, value) WHERE ${table}.${id} = resealed.id`,
  );
  // From each head to the next one in the index, so that it takes as many steps as there are keys.
  const heads = prepared(
    `${table}_${name}_heads`,
    `WITH RECURSIVE seen AS (
       (SELECT ${head} AS head FROM ${table} WHERE ${name} IS NOT NULL ORDER BY ${head} LIMIT 1)
       UNION ALL
       SELECT (SELECT ${head} FROM ${table} WHERE ${head} > seen.head ORDER BY ${head} LIMIT 1) FROM seen
       WHERE seen.head IS NOT NULL
     )
     SELECT seen.head, (SELECT count(*) FROM ${table} WHERE ${head} = seen.head) AS count
     FROM seen WHERE seen.head <> $1`,
  );
  const where = `${table}.${name}`;
  const oldHeads = personalData.keys.filter((number) => number !== personalData.currentKey).map(headOf);

  /** Seals one batch; answers how many rows it held, and which of them do not open. */
  const batch = async (tx: Tx, unreadable: readonly string[]) => {
    const rows = await tx.query<StoredValue>(select, [oldHeads, unreadable]);
    const failed: string[] = [];
    const sealed = rows.flatMap((row) => {
      try {
        return [{ id: row.id, value: personalData.seal(column, row.id, personalData.open(column, row.id, row.value)) }];
      } catch (error) {
        log.error({ err: error }, 'a sealed value does not open');
        failed.push(row.id);
        return [];
      }
    });
    await tx.query(update, [sealed.map((row) => row.id), sealed.map((row) => row.value)]);
    return { rows: rows.length, failed };
  };

  const report = async () => {
    const left = await database.query<{ head: Buffer; count: number }>(heads, [headOf(personalData.currentKey)]);
    const counts = new Map(personalData.keys.map((key) => [key, 0]));
    for (const { head: found, count } of left) {
      const key = keyNumberOf(found) ?? 0;
      counts.set(key, count);
      if (!personalData.keys.includes(key)) {
        log.error({ column: where, key, values: count }, 'values are sealed under a key that PERSONAL_DATA_KEYS lacks');
      }
    }
    for (const [key, count] of counts) waiting.record(count, { column: where, key });
  };

  return async (signal: AbortSignal): Promise<void> => {
    const unreadable: string[] = [];
    let resealed = 0;
    for (let full = oldHeads.length > 0; full && !signal.aborted && unreadable.length < UNREADABLE_MAX; ) {
      const { rows, failed } = await database.transaction((tx) => batch(tx, unreadable));
      unreadable.push(...failed);
      resealed += rows - failed.length;
      full = rows === BATCH;
    }
    if (resealed > 0)
      log.info({ column: where, key: personalData.currentKey, values: resealed }, 'personal data sealed again');
    await report();
  };
}
