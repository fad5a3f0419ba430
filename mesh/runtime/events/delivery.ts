import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { JsMsg } from 'nats';
import type { Database } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import type { Logger } from '../log.ts';
import { meter, tracer } from '../telemetry.ts';
import type { Bus } from './bus.ts';
import type { Consumer, EventContext, EventHandler } from './consumer.ts';
import { isFor, publishDeadLetter } from './dead-letters.ts';
import type { Slots } from './keyed-queue.ts';
import { streamOf } from './subjects.ts';

const DEFAULT_ATTEMPTS = 5;
const BACK_OFF_MS = 200;
const BACK_OFF_MAX_MS = 10_000;
const AWAY_BACK_OFF_MAX_MS = 1_000;
const DEAD_LETTER_RETRY_MS = 1_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const TAKE = prepared(
  'inbox_take',
  'INSERT INTO inbox (durable, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id',
);

const durations = meter.createHistogram('messaging.process.duration', {
  unit: 's',
  description: 'Duration of events handled',
});

const headerGetter = {
  keys: (message: JsMsg) => message.headers?.keys() ?? [],
  get: (message: JsMsg, key: string) => message.headers?.get(key) || undefined,
};

interface Surroundings {
  readonly bus: Bus;
  readonly database: Database;
  readonly log: Logger;
  /** Ends the reading: what is not handled by then is handed back. */
  readonly signal: AbortSignal;
  /** Bounds how many events are handled at once; one that waits for its next try has no slot. */
  readonly slots: Slots;
}

/**
 * Handles one delivered event to its end: handled once and acknowledged, or given up and in the dead-letter stream, or handed back because
 * the service stops. Never rejects.
 */
export function createDelivery(consumer: Consumer, { bus, database, log, signal, slots }: Surroundings) {
  const { durable } = consumer;
  const stream = streamOf(consumer.from);
  const handlers = new Map(consumer.handle.map((handler) => [handler.subject, handler]));
  const maxAttempts = consumer.maxAttempts ?? DEFAULT_ATTEMPTS;

  const giveUp = async (message: JsMsg, reason: string, attempts: number) => {
    log.error({ durable, subject: message.subject, id: idOf(message), reason, attempts }, 'dead letter');
    while (!signal.aborted) {
      try {
        await publishDeadLetter(bus, message, { durable, reason, attempts });
        return message.ack();
      } catch (error) {
        log.warn({ err: error, durable }, 'the dead letter could not be stored yet');
        await pause(DEAD_LETTER_RETRY_MS, signal);
      }
    }
    message.nak();
  };

  const handle = async (message: JsMsg, work: (context: EventContext) => Promise<void>, attempt: number) => {
    const done = await database.transaction(async (tx) => {
      const [taken] = await tx.query(TAKE, [durable, idOf(message)]);
      if (!taken) return false;
      await work({
        tx,
        id: idOf(message),
        time: new Date(message.headers?.get('ce-time') || Date.now()),
        aggregateId: message.headers?.get('ce-subject') ?? '',
        attempt,
        log,
        signal,
      });
      return true;
    });
    message.ack();
    if (done) consumer.committed?.();
  };

  const measure = (message: JsMsg, startMs: number, error?: unknown) =>
    durations.record((performance.now() - startMs) / 1_000, {
      'messaging.destination.name': stream,
      'messaging.consumer.group.name': durable,
      'kreki.event': message.subject,
      ...(error !== undefined && { 'error.type': error instanceof Error ? error.name : 'unknown' }),
    });

  const deliver = async (message: JsMsg, handler: EventHandler) => {
    if (!UUID.test(idOf(message))) return giveUp(message, 'not an event: its ce-id is not a UUID', 1);
    let work: ReturnType<EventHandler['accept']>;
    try {
      work = handler.accept(message.data);
    } catch (error) {
      return giveUp(message, `not decodable: ${String(error)}`, 1);
    }
    const start = performance.now();
    for (let attempt = 1, waits = 0; ; ) {
      if (signal.aborted) return message.nak();
      try {
        await slots.run(async () => {
          signal.throwIfAborted();
          await handle(message, work, attempt);
        });
        measure(message, start);
        return;
      } catch (error) {
        if (signal.aborted) return message.nak();
        measure(message, start, error);
        // While the database is away no try is spent: the event waits for it.
        const away = error instanceof ConnectError && error.code === Code.Unavailable;
        if (!away && attempt >= maxAttempts) return giveUp(message, String(error), attempt);
        if (!away) attempt += 1;
        const backOffMs = Math.min(BACK_OFF_MS * 2 ** waits++, away ? AWAY_BACK_OFF_MAX_MS : BACK_OFF_MAX_MS);
        log.warn({ err: error, durable, id: idOf(message), attempt }, 'an event will be tried again');
        await pause(backOffMs * (0.5 + Math.random() / 2), signal);
      }
    }
  };

  return async (message: JsMsg): Promise<void> => {
    if (signal.aborted) return message.nak();
    const handler = handlers.get(message.subject);
    if (!handler || !isFor(message, durable)) return message.ack();
    const parent = propagation.extract(ROOT_CONTEXT, message, headerGetter);
    const attributes = {
      'messaging.system': 'nats',
      'messaging.destination.name': stream,
      'messaging.consumer.group.name': durable,
      'kreki.aggregate.id': message.headers?.get('ce-subject') ?? '',
    };
    const span = tracer.startSpan(`process ${message.subject}`, { kind: SpanKind.CONSUMER, attributes }, parent);
    try {
      await context.with(trace.setSpan(parent, span), () => deliver(message, handler));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      log.error({ err: error, durable }, 'an event was handed back');
      message.nak(1_000);
    } finally {
      span.end();
    }
  };
}

const idOf = (message: JsMsg): string => message.headers?.get('ce-id') ?? '';

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);
