import { setTimeout as sleep } from 'node:timers/promises';
import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';
import { Batch } from './batch.ts';
import type { Measurement, Outcome } from './measurement.ts';
import { isPassing } from './passing.ts';

export interface WriterOptions {
  /** Volunteers of one write at most. */
  readonly batchRows: number;
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

const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;

/**
 * Gathers measurements by volunteer, the latest winning, and writes one batch after the other: when it is full, or when its first
 * measurement has waited for the interval.
 */
export class PositionWriter {
  readonly #store: Store;
  readonly #options: WriterOptions;
  #gathering = new Batch();
  #queued = 0;
  #draining: Promise<void> | undefined;
  #fullOrStopping = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();
  #stopping = false;

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
    if (this.#gathering.size >= this.#options.batchRows) this.#fullOrStopping.resolve();
    this.#draining ??= this.#drain();
    return outcome;
  }

  /** The same, waiting for room instead of being refused. */
  async submitInTurn(measurement: Measurement): Promise<Outcome> {
    while (this.#queued >= this.#options.queueMax) await this.#room.promise;
    return this.submit(measurement);
  }

  /** Writes what waits. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#fullOrStopping.resolve();
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#gathering.size > 0) {
      await this.#untilDue();
      const batch = this.#gathering.take(this.#options.batchRows);
      const { submissions } = batch;
      await this.#write(batch);
      this.#queued -= submissions;
      this.#room.resolve();
      this.#room = Promise.withResolvers();
    }
    this.#draining = undefined;
  }

  async #untilDue(): Promise<void> {
    if (this.#stopping || this.#gathering.size >= this.#options.batchRows) return;
    this.#fullOrStopping = Promise.withResolvers();
    const waiting = new AbortController();
    const elapsed = sleep(this.#options.flushIntervalMs, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([elapsed, this.#fullOrStopping.promise]);
    waiting.abort();
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
