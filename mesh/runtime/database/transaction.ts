import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { begin, canBeginWith } from './begin.ts';
import type { Tx } from './database.ts';
import { databaseError, isRetryable } from './errors.ts';
import { run, withClient } from './session.ts';
import type { Prepared } from './sql.ts';

const TRIES = 5;

/** Commits what `work` did, or nothing; again after a serialisation failure or a deadlock. */
export async function transaction<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withClient(pool, (client) => once(client, work));
    } catch (error) {
      if (!isRetryable(error) || attempt >= TRIES) throw error;
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}

async function once<T>(client: pg.PoolClient, work: (tx: Tx) => Promise<T>): Promise<T> {
  const sending = new Sending(client);
  const endings: ((committed: boolean) => void)[] = [];
  const end = (committed: boolean) => {
    for (const then of endings) then(committed);
  };
  let result: T;
  try {
    await sending.begin();
    result = await work({
      get client() {
        return sending.client;
      },
      query: (statement, values) => sending.query(statement, values),
      send: (statement, values) => void sending.send(statement, values),
      queryLater: (statement, values) => sending.send(statement, values),
      ended: (then) => void endings.push(then),
    });
    const command = await sending.end('COMMIT');
    // The server answers COMMIT with ROLLBACK when a statement had failed and `work` went on in spite of it.
    if (command !== 'COMMIT') throw new Error('nothing was committed: a statement of the transaction had failed');
  } catch (error) {
    // On a connection that is lost this fails too, and the first error tells more.
    await sending.end('ROLLBACK').catch(() => undefined);
    const failure = await sending.failure();
    end(false);
    throw failure ?? error;
  }
  end(true);
  return result;
}

/**
 * Statements of a transaction in their order. What is sent before somebody waits for an answer goes as one write to the socket, the beginning of
 * the transaction with its first statement. Behind one that failed the server does nothing until ROLLBACK.
 */
class Sending {
  readonly #client: pg.PoolClient;
  readonly #sent: Promise<unknown>[] = [];
  #begun = false;
  #corked = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  /** For what is no prepared statement. */
  get client(): pg.PoolClient {
    if (!this.#begun) this.#keep(this.#command('BEGIN'));
    this.#begun = true;
    return this.#client;
  }

  /** Does nothing on a connection that can begin with the first statement. */
  async begin(): Promise<void> {
    if (canBeginWith(this.#client)) return;
    try {
      await begin(this.#client);
      this.#begun = true;
    } catch (error) {
      throw databaseError(error);
    }
  }

  send<Row extends object>(statement: Prepared, values?: readonly unknown[]): Promise<Row[]> {
    return this.#keep(this.#run<Row>(statement, values));
  }

  query<Row extends object>(statement: Prepared, values?: readonly unknown[]): Promise<Row[]> {
    const answer = this.#run<Row>(statement, values);
    // Others that are asked for side by side go with it.
    queueMicrotask(() => this.#flush());
    return answer;
  }

  /** The command that the server says it ran; the one asked for when nothing had begun. */
  async end(text: 'COMMIT' | 'ROLLBACK'): Promise<string> {
    return this.#begun ? this.#command(text) : text;
  }

  /** Why the first of the sent ones failed that did. */
  async failure(): Promise<unknown> {
    const answers = await Promise.allSettled(this.#sent);
    return answers.find((answer) => answer.status === 'rejected')?.reason;
  }

  /** Why it fails, should it, is told by the transaction. */
  #keep<Answer>(answer: Promise<Answer>): Promise<Answer> {
    answer.catch(() => undefined);
    this.#sent.push(answer);
    return answer;
  }

  #run<Row extends object>(statement: Prepared, values?: readonly unknown[]): Promise<Row[]> {
    this.#cork();
    const begins = !this.#begun;
    this.#begun = true;
    return run<Row>(this.#client, statement, values, begins);
  }

  async #command(text: 'BEGIN' | 'COMMIT' | 'ROLLBACK'): Promise<string> {
    const answer = this.#client.query(text);
    this.#flush();
    try {
      return (await answer).command;
    } catch (error) {
      throw databaseError(error);
    }
  }

  #cork(): void {
    if (!this.#corked) this.#client.connection.stream.cork();
    this.#corked = true;
  }

  #flush(): void {
    if (this.#corked) this.#client.connection.stream.uncork();
    this.#corked = false;
  }
}
