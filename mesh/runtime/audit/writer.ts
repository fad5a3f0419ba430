import type { Queryable } from '../database/database.ts';
import { appendEntries, type NewEntry, notRecorded } from './entries.ts';

/** Entries of one statement, and those that may wait for theirs. */
const BATCH = 200;
const WAITING_MAX = 5_000;

interface Waiting {
  readonly entry: NewEntry;
  readonly written: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes entries of one process one statement after the other, all that came meanwhile together. Writers wait for each other in the database
 * anyway: so they wait on one connection, and leave the others of the pool to calls that owe no entry.
 */
export class AuditWriter {
  readonly #database: Queryable;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(database: Queryable) {
    this.#database = database;
  }

  /**
   * Resolves when the entry is committed.
   * @throws ConnectError UNAVAILABLE `AUDIT_UNAVAILABLE`.
   */
  write(entry: NewEntry): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX) return Promise.reject(notRecorded());
    return new Promise((written, failed) => {
      this.#waiting.push({ entry, written, failed });
      if (!this.#writing) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0, BATCH));
    this.#writing = false;
  }

  /** When a statement fails, each entry gets its own, so that one that cannot be written takes no other with it. */
  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      await appendEntries(
        this.#database,
        batch.map(({ entry }) => entry),
      );
      for (const { written } of batch) written();
    } catch (error) {
      if (batch.length === 1) for (const { failed } of batch) failed(error);
      else for (const each of batch) await this.#writeBatch([each]);
    }
  }
}
