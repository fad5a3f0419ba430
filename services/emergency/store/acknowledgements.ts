import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** Again after an answer that was lost, too. */
const RECORD = prepared(
  'record_acknowledgements',
  `INSERT INTO acknowledgements (emergency_id, ms) SELECT * FROM unnest($1::uuid[], $2::float8[]) ON CONFLICT DO NOTHING`,
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
