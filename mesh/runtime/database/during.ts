import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { abortError } from '../rpc/deadline.ts';
import type { Queryable } from './database.ts';
import { run, withClient } from './session.ts';

/** The database for as long as a call goes on: statements are cancelled, and the wait for a connection ends, when its signal aborts. */
export function during(pool: pg.Pool, signal: AbortSignal): Queryable {
  return {
    async query(statement, values) {
      if (signal.aborted) throw abortError(signal);
      try {
        return await withClient(
          pool,
          (client) => cancellable(client, signal, () => run(client, statement, values)),
          signal,
        );
      } catch (error) {
        throw signal.aborted ? abortError(signal) : error;
      }
    },
  };
}

/**
 * The connection is given back once the server has dealt with the cancelling, which could otherwise meet the next statement on it. A statement
 * that had not begun yet was not met: it is cancelled again. One that does not end in spite of that is on a connection at whose other end
 * nobody is any more: it counts as lost.
 */
async function cancellable<T>(client: pg.PoolClient, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let ended = false;
  let cancelling: Promise<void> | undefined;
  const unanswered = Promise.withResolvers<never>();
  const cancel = async () => {
    const startMs = performance.now();
    while (!ended) {
      await cancelStatement(client);
      if (performance.now() - startMs > ANSWER_PATIENCE_MS)
        unanswered.reject(new Error('Connection terminated: no answer'));
      if (!ended) await sleep(AGAIN_MS, undefined, { ref: false });
    }
  };
  const onAbort = () => {
    cancelling = cancel();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), unanswered.promise]);
  } finally {
    ended = true;
    signal.removeEventListener('abort', onAbort);
    await cancelling;
  }
}

/** What pg knows of a connection and its types do not tell. */
interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}

const CANCEL_REQUEST = 80_877_102;
const REQUEST_PATIENCE_MS = 1_000;
const AGAIN_MS = 100;
/** How long a server that lives may take to end a statement. */
const ANSWER_PATIENCE_MS = 3_000;

/**
 * Asks the server over a connection of its own to end the statement (PostgreSQL's protocol, 55.2.8); resolves when the server has closed that,
 * after it told the statement's process. When the server cannot be asked the statement ends by its own limit.
 */
function cancelStatement(client: pg.PoolClient): Promise<void> {
  const { host, port, processID, secretKey } = client as unknown as Backend;
  const request = Buffer.alloc(16);
  for (const [index, word] of [16, CANCEL_REQUEST, processID, secretKey].entries())
    request.writeInt32BE(word, index * 4);
  return new Promise((resolve) => {
    const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    socket.setTimeout(REQUEST_PATIENCE_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.end(request);
    socket.resume();
  });
}
