import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
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
  try {
    await sending.command('BEGIN');
    const result = await work({
      client,
      query: (statement, values) => sending.query(statement, values),
      send: (statement, values) => void sending.send(statement, values),
      queryLater: (statement, values) => sending.send(statement, values),
    });
    const command = await sending.command('COMMIT');
    // The server answers COMMIT with ROLLBACK when a statement had failed and `work` went on in spite of it.
    if (command !== 'COMMIT') throw new Error('nothing was committed: a statement of the transaction had failed');
    return result;
  } catch (error) {
    // On a connection that is lost this fails too, and the first error tells more.
    await sending.command('ROLLBACK').catch(() => undefined);
    throw (await sending.failure()) ?? error;
  }
}

/**
 * Statements of a transaction in their order, as one write to the socket where nobody waits for an answer in between. Behind one that failed the
 * server does nothing until ROLLBACK.
 */
class Sending {
  readonly #client: pg.PoolClient;
  readonly #sent: Promise<unknown>[] = [];
  #corked = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  send<Row extends object>(statement: Prepared, values?: readonly unknown[]): Promise<Row[]> {
    if (!this.#corked) this.#client.connection.stream.cork();
    this.#corked = true;
    const answer = run<Row>(this.#client, statement, values);
    answer.catch(() => undefined);
    this.#sent.push(answer);
    return answer;
  }

  query<Row extends object>(statement: Prepared, values?: readonly unknown[]): Promise<Row[]> {
    const answer = run<Row>(this.#client, statement, values);
    this.#flush();
    return answer;
  }

  /** The command that the server says it ran. */
  async command(text: 'BEGIN' | 'COMMIT' | 'ROLLBACK'): Promise<string> {
    const answer = this.#client.query(text);
    this.#flush();
    try {
      return (await answer).command;
    } catch (error) {
      throw databaseError(error);
    }
  }

  /** Why the first of the sent ones failed that did. */
  async failure(): Promise<unknown> {
    const answers = await Promise.allSettled(this.#sent);
    return answers.find((answer) => answer.status === 'rejected')?.reason;
  }

  #flush(): void {
    if (this.#corked) this.#client.connection.stream.uncork();
    this.#corked = false;
  }
}
