import { setTimeout as sleep } from 'node:timers/promises';
import { Code } from '@connectrpc/connect';
import { isRetryable } from '@kreki/runtime/database/errors';
import { fail, reasonOf } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';
import { Batch } from './batch.ts';
import type { Measurement, Outcome } from './measurement.ts';

export interface WriterOptions {
  /** Volunteers of one write at most. */
  readonly batchRows: number;
  /** Writes under way at once at most. */
  readonly writesMax: number;
  /** How long a measurement waits for others to be written with. */
  readonly flushIntervalMs: number;
  /** Measurements taken and not yet written, beyond which more are refused. */
  readonly queueMax: number;
  /** How long a write is tried again while the database cannot be reached. */
  readonly retryForMs: number;
  readonly log: Logger;
}

/** Writes measurements of distinct volunteers at once; answers with those that were not stored. */
export type Store = (batch: readonly Measurement[]) => Promise<ReadonlyMap<string, Outcome>>;

/**
 * Taken of the line before whatever else has come is looked at: thousands of streams that all have something to say would keep searches, and
 * the answers of the database, waiting for seconds.
 */
const TURN = 200;

const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;

/**
 * Gathers measurements by volunteer, the latest winning, and writes a batch when it is full, or when its first measurement has waited
 * for the interval. Batches under way at once may hold the same volunteer: the statement keeps the later measurement.
 */
export class PositionWriter {
  readonly #store: Store;
  readonly #options: WriterOptions;
  readonly #gathering = new Batch();
  readonly #writes = new Set<Promise<void>>();
  #queued = 0;
  #timer: NodeJS.Timeout | undefined;
  #due = false;
  #stopping = false;
  /** Measurements of those who wait for their turn, the longest first, to be submitted. */
  readonly #line = new Set<() => void>();
  /** How many more of the line are taken before the event loop goes round. */
  #leftOfTurn = TURN;
  #turn: NodeJS.Immediate | undefined;

  constructor(store: Store, options: WriterOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Resolves when the measurement is committed, or is known not to change anything.
   * @throws ConnectError RESOURCE_EXHAUSTED `POSITIONS_QUEUE_FULL` when too many wait, UNAVAILABLE `POSITIONS_UNAVAILABLE` when
   *   the database stays away.
   */
  async submit(measurement: Measurement): Promise<Outcome> {
    if (this.#queued >= this.#options.queueMax) {
      throw fail(
        Code.ResourceExhausted,
        'POSITIONS_QUEUE_FULL',
        'too many positions wait to be stored; send it again later',
      );
    }
    this.#queued++;
    const outcome = this.#gathering.add(measurement);
    this.#timer ??= setTimeout(() => {
      this.#due = true;
      this.#flush();
    }, this.#options.flushIntervalMs);
    this.#flush();
    return outcome;
  }

  /** The same, standing in line instead of being refused: for room, and for a turn of the event loop. */
  submitInTurn(measurement: Measurement): Promise<Outcome> {
    if (this.#line.size === 0 && this.#takeTurn()) return this.submit(measurement);
    return new Promise((resolve) => this.#line.add(() => resolve(this.submit(measurement))));
  }

  #takeTurn(): boolean {
    if (this.#leftOfTurn === 0 || this.#queued >= this.#options.queueMax) return false;
    this.#leftOfTurn--;
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#leftOfTurn = TURN;
      this.#letIn();
    });
    return true;
  }

  #letIn(): void {
    for (const submit of this.#line) {
      if (!this.#takeTurn()) return;
      this.#line.delete(submit);
      submit();
    }
  }

  /** Writes what waits. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#flush();
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  #flush(): void {
    const { batchRows, writesMax } = this.#options;
    while (this.#writes.size < writesMax && this.#isDue()) {
      const batch = this.#gathering.take(batchRows);
      if (this.#gathering.size === 0) {
        clearTimeout(this.#timer);
        this.#timer = undefined;
        this.#due = false;
      }
      const { submissions } = batch;
      const write = this.#write(batch).finally(() => {
        this.#writes.delete(write);
        this.#queued -= submissions;
        this.#letIn();
        this.#flush();
      });
      this.#writes.add(write);
    }
  }

  #isDue(): boolean {
    const { size } = this.#gathering;
    return size >= this.#options.batchRows || (size > 0 && (this.#due || this.#stopping));
  }

  /** Tries again while the failure is a passing one; else writes the halves apart, so that only the culprit is refused. */
  async #write(batch: Batch): Promise<void> {
    const giveUpAt = performance.now() + this.#options.retryForMs;
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        return batch.settle(await this.#store(batch.measurements()));
      } catch (error) {
        if (!isPassing(error)) return this.#isolate(batch, error);
        if (this.#stopping || performance.now() > giveUpAt) {
          const unavailable = 'the position could not be stored now; send it again later';
          return batch.reject(fail(Code.Unavailable, 'POSITIONS_UNAVAILABLE', unavailable, {}, error));
        }
        this.#options.log.warn({ err: error, rows: batch.size, waitMs }, 'positions not written yet');
        await sleep(waitMs);
      }
    }
  }

  async #isolate(batch: Batch, error: unknown): Promise<void> {
    if (batch.size <= 1) return batch.reject(error);
    const half = batch.take(Math.ceil(batch.size / 2));
    await this.#write(half);
    await this.#write(batch);
  }
}

/** Whether the statement is in order, and the database was away or busy. */
const isPassing = (error: unknown) => isRetryable(error) || reasonOf(error) === 'DATABASE_UNAVAILABLE';
