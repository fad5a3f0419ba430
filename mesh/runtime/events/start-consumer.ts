import { setTimeout as sleep } from 'node:timers/promises';
import type { JsMsg } from 'nats';
import type { Database } from '../database/database.ts';
import type { Logger } from '../log.ts';
import { loop } from '../loop.ts';
import { openAttempts } from './attempts.ts';
import type { Bus } from './bus.ts';
import type { Consumer } from './consumer.ts';
import { delivered } from './delivered.ts';
import { createDelivery } from './delivery.ts';
import { openDurable } from './durable.ts';
import { trimInbox } from './inbox.ts';
import { KeyedQueue, Slots } from './keyed-queue.ts';
import { createLease } from './lease.ts';
import { isNotFound } from './streams.ts';

export interface RunningConsumer {
  /** Takes no further event, lets those being handled end, and hands the rest back. */
  stop(): Promise<void>;
}

const RETRY_MS = 250;
const WORKING_INTERVAL_MS = 10_000;
const TRIM_INTERVAL_MS = 600_000;
const DEFAULT_CONCURRENCY = 8;
const STOP_PATIENCE_MS = 5_000;

/**
 * Reads a domain's stream through a durable consumer for as long as the service runs: waits for a stream that is not there yet, makes the
 * consumer when it is missing, and goes on after NATS was away. One replica of a service reads at a time, which keeps the order of each
 * aggregate; another takes over when it is gone.
 */
export function startConsumer(
  consumer: Consumer,
  { bus, database, log }: { bus: Bus; database: Database; log: Logger },
): RunningConsumer {
  const { durable, from } = consumer;
  const stopping = new AbortController();
  const slots = new Slots(consumer.concurrency ?? DEFAULT_CONCURRENCY);
  let reading = new AbortController();
  const endReading = () => reading.abort();
  const lease = createLease(database, `consumer:${durable}`, endReading);
  // What was asked for over the connection before will not come any more.
  const watching = bus.onConnect(endReading);

  /** Reads until the service stops, the lease or the connection is lost, or the consumer is gone. */
  const read = async () => {
    reading = new AbortController();
    const signal = AbortSignal.any([stopping.signal, reading.signal]);
    const jetstream = bus.jetstream();
    if (!jetstream || !(await lease.hold()) || signal.aborted) return;
    const opened = await unlessAborted(openDurable(jetstream, consumer, signal), signal);
    if (!opened) return;
    const { source, suspectsUpTo } = opened;
    const attemptsOf = await openAttempts(database, durable, suspectsUpTo);

    const held = new Set<JsMsg>();
    const queue = new KeyedQueue();
    const deliver = createDelivery(consumer, { bus, database, log, signal, slots, attemptsOf });
    const messages = await source.consume({
      max_messages: 500,
      expires: 5_000,
      idle_heartbeat: 1_000,
      abort_on_missing_resource: true,
      callback: (message) => {
        held.add(message);
        const event = delivered(message);
        queue.add(event.aggregateId || String(message.seq), async () => {
          await deliver(event);
          held.delete(message);
        });
      },
    });
    log.debug({ durable }, 'consuming');
    // An event may wait longer for its turn than JetStream waits for its acknowledgement.
    const working = setInterval(() => {
      for (const message of held) message.working();
    }, WORKING_INTERVAL_MS);
    signal.addEventListener('abort', () => messages.stop(), { once: true });
    if (signal.aborted) messages.stop();
    const gone = await messages.closed();
    clearInterval(working);
    endReading();
    await Promise.race([queue.idle(), stopped(STOP_PATIENCE_MS)]);
    if (gone) throw gone;
  };

  /** Some time after the service began to stop. */
  const stopped = async (patienceMs: number) => {
    if (!stopping.signal.aborted)
      await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }));
    await sleep(patienceMs, undefined, { ref: false });
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await read();
      } catch (error) {
        if (isNotFound(error)) log.debug({ durable, from }, 'the stream or the consumer is not there');
        else if (!stopping.signal.aborted) log.warn({ err: error, durable }, 'consuming was interrupted');
      }
      await sleep(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  const trim = loop(`inbox trim ${durable}`, TRIM_INTERVAL_MS, () => trimInbox(database, durable), { log });
  trim.start();

  return {
    async stop() {
      watching.stop();
      stopping.abort();
      await Promise.all([running, trim.stop()]);
      await lease.release();
    },
  };
}

/** What a request gives, or undefined as soon as nobody waits for it any more: without a server it would only time out. */
async function unlessAborted<T>(request: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const abort = () => resolve(undefined);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([request, aborted]);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
