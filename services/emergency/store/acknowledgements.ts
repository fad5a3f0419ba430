import type { Database } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

const RECORD = prepared(
  'record_acknowledgements',
  `UPDATE emergencies SET acknowledged_ms = measured.ms
   FROM unnest($1::uuid[], $2::float8[]) AS measured (id, ms) WHERE emergencies.id = measured.id`,
);

const MAX = 10_000;

/** How long presses took until they were answered, written down behind the answer in one statement for many. */
export class Acknowledgements {
  #measured: [id: string, ms: number][] = [];

  /** Beyond 10,000 unwritten ones a measurement is left out: it is a figure, not a promise. */
  add(id: string, ms: number): void {
    if (this.#measured.length < MAX) this.#measured.push([id, ms]);
  }

  async write(database: Database): Promise<void> {
    const measured = this.#measured;
    if (measured.length === 0) return;
    this.#measured = [];
    await database.query(RECORD, [measured.map(([id]) => id), measured.map(([, ms]) => ms)]);
  }
}
