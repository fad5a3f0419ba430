import { Code, ConnectError } from '@connectrpc/connect';
import type { Queryable } from '@kreki/runtime/database/database';
import type { OutboxEvent } from '@kreki/runtime/events/outbox';
import { traceparent } from '@kreki/runtime/trace';
import { type Context, context, ROOT_CONTEXT } from '@opentelemetry/api';
import { insertPresses, type Press, type ToldPress } from './presses.ts';

interface Waiting extends ToldPress {
  readonly trace: Context;
  readonly written: (createdAt: Date | undefined) => void;
  readonly failed: (error: unknown) => void;
}

/** Statements at the same time: while one is committed the next is made. */
const UNDER_WAY_MAX = 2;
/** More in one statement would hold up the first of them. */
const GROUP_MAX = 50;

/**
 * Writes presses: each at once, and while others are being written those that come meanwhile in one statement, with one commit. Should that fail,
 * each is written by itself, so that no press fails for another.
 */
export class PressWriter {
  readonly #database: Queryable;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;

  constructor(database: Queryable) {
    this.#database = database;
  }

  /** When the emergency was made, which is safe on disk then; undefined when the press repeats an earlier one. */
  write(press: Press, event: OutboxEvent): Promise<Date | undefined> {
    return new Promise((written, failed) => {
      this.#waiting.push({ press, event, traceparent: traceparent(), trace: context.active(), written, failed });
      this.#next();
    });
  }

  #next(): void {
    if (this.#underWay === UNDER_WAY_MAX || this.#waiting.length === 0) return;
    this.#underWay++;
    void this.#insert(this.#waiting.splice(0, GROUP_MAX)).then(() => {
      this.#underWay--;
      this.#next();
    });
  }

  async #insert(group: readonly Waiting[]): Promise<void> {
    // A statement for several belongs to the trace of none.
    const [first, ...others] = group;
    const trace = first && others.length === 0 ? first.trace : ROOT_CONTEXT;
    try {
      const made = await context.with(trace, () => insertPresses(this.#database, group));
      for (const { press, written } of group) written(made.get(press.id));
    } catch (error) {
      if (others.length === 0 || isAway(error)) for (const { failed } of group) failed(error);
      else await Promise.all(group.map((each) => this.#insert([each])));
    }
  }
}

/** Then each by itself would fail as well. */
const isAway = (error: unknown) => error instanceof ConnectError && error.code === Code.Unavailable;
