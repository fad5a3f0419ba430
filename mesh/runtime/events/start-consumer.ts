import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg, nanos, ReplayPolicy } from 'nats';
import type { Database } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import type { Logger } from '../log.ts';
import { loop } from '../loop.ts';
import type { Bus } from './bus.ts';
import type { Consumer } from './consumer.ts';
import { createDelivery } from './delivery.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { ensureDeadLetterStream, isNotFound } from './streams.ts';
import { domainSubjects, streamOf } from './subjects.ts';

export interface RunningConsumer {
  /** Takes no further event, lets those being handled end, and hands the rest back. */
  stop(): Promise<void>;
}

const ACK_WAIT_MS = 30_000;
const RETRY_MS = 500;
const STREAM_RETRY_MS = 1_000;
const TRIM_INTERVAL_MS = 600_000;
const DEFAULT_CONCURRENCY = 32;

/** Longer than any stream keeps its events, so that none can be handled a second time. */
const TRIM = prepared('inbox_trim', `DELETE FROM inbox WHERE durable = $1 AND handled_at < now() - interval '8 days'`);

/**
 * Reads a domain's stream through a durable consumer for as long as the service runs: waits for a stream that is not there yet, makes the
 * consumer when it is missing, and goes on after NATS was away.
 */
export function startConsumer(
  consumer: Consumer,
  { bus, database, log }: { bus: Bus; database: Database; log: Logger },
): RunningConsumer {
  const stopping = new AbortController();
  const stream = streamOf(consumer.from);
  const concurrency = consumer.concurrency ?? DEFAULT_CONCURRENCY;
  const queue = new KeyedQueue(concurrency);
  const deliver = createDelivery(consumer, { bus, database, log, signal: stopping.signal });
  let messages: ConsumerMessages | undefined;

  const open = async (): Promise<ConsumerMessages | undefined> => {
    const jetstream = bus.jetstream();
    if (!jetstream) return undefined;
    await ensureDeadLetterStream(jetstream.manager);
    await jetstream.manager.consumers.add(stream, {
      durable_name: consumer.durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      filter_subject: domainSubjects(consumer.from),
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: 1_000,
      max_deliver: -1,
    });
    const durable = await jetstream.client.consumers.get(stream, consumer.durable);
    return durable.consume({ max_messages: concurrency * 4, expires: 5_000, idle_heartbeat: 1_000 });
  };

  const read = async (source: ConsumerMessages) => {
    for await (const message of source) {
      if (stopping.signal.aborted) break;
      await queue.add(aggregateOf(message), () => deliver(message));
    }
  };

  /** Ends the present reading when the consumer is gone or the connection was lost, so that it is opened again. */
  const endWhenGone = async (source: ConsumerMessages) => {
    for await (const status of await source.status()) {
      if (['consumer_deleted', 'stream_not_found', 'consumer_not_found'].includes(status.type)) source.stop();
      if (status.type === 'heartbeats_missed' && Number(status.data) >= 2) source.stop();
    }
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      let waitMs = RETRY_MS;
      try {
        messages = await open();
        if (messages) {
          log.debug({ durable: consumer.durable }, 'consuming');
          void endWhenGone(messages).catch(() => undefined);
          await read(messages);
        }
      } catch (error) {
        if (isNotFound(error)) waitMs = STREAM_RETRY_MS;
        else if (!stopping.signal.aborted)
          log.warn({ err: error, durable: consumer.durable }, 'consuming was interrupted');
      }
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  const trim = loop(
    `inbox trim ${consumer.durable}`,
    TRIM_INTERVAL_MS,
    () => database.query(TRIM, [consumer.durable]),
    { log },
  );
  trim.start();

  return {
    async stop() {
      stopping.abort();
      messages?.stop();
      await Promise.all([running, trim.stop()]);
      await queue.idle();
    },
  };
}

const aggregateOf = (message: JsMsg): string => message.headers?.get('ce-subject') || String(message.seq);
