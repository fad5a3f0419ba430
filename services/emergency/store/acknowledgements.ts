import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** Rows are locked in the order of their ids, as everything that locks several does, so that no two wait for each other. */
const RECORD = prepared(
  'record_acknowledgements',
  `WITH held AS (SELECT id FROM emergencies WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE)
   UPDATE emergencies SET acknowledged_ms = measured.ms
   FROM unnest($1::uuid[], $2::float8[]) AS measured (id, ms), held
   WHERE emergencies.id = measured.id AND emergencies.id = held.id`,
);

const MAX = 10_000;

/** How long new presses took until they were answered, written down behind the answer in one statement for many. */
export class Acknowledgements {
  #measured: [id: string, ms: number][] = [];

  /** Beyond 10,000 unwritten ones a measurement is left out: it is a figure, not a promise. */
  add(id: string, ms: number): void {
    if (this.#measured.length < MAX) this.#measured.push([id, ms]);
  }

  /** Writes what was measured; what cannot be written is kept for the next time. */
  async write(database: Queryable): Promise<void> {
    const measured = this.#measured;
    if (measured.length === 0) return;
    this.#measured = [];
    try {
      await database.query(RECORD, [measured.map(([id]) => id), measured.map(([, ms]) => ms)]);
    } catch (error) {
      this.#measured = [...measured, ...this.#measured].slice(0, MAX);
      throw error;
    }
  }
}
