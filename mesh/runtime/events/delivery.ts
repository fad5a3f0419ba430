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
import { publishDeadLetter } from './dead-letters.ts';

const DEFAULT_ATTEMPTS = 5;
const BACK_OFF_MS = 200;
const BACK_OFF_MAX_MS = 10_000;

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
  readonly signal: AbortSignal;
}

/**
 * Handles one delivered event to its end: handled once and acknowledged, or given up and in the dead-letter stream, or handed back because
 * the service stops. Never rejects.
 */
export function createDelivery(consumer: Consumer, { bus, database, log, signal }: Surroundings) {
  const handlers = new Map(consumer.handle.map((handler) => [handler.subject, handler]));
  const maxAttempts = consumer.maxAttempts ?? DEFAULT_ATTEMPTS;

  const giveUp = async (message: JsMsg, reason: string, attempts: number) => {
    log.error(
      { durable: consumer.durable, subject: message.subject, id: idOf(message), reason, attempts },
      'dead letter',
    );
    while (!signal.aborted) {
      try {
        await publishDeadLetter(bus, message, { durable: consumer.durable, reason, attempts });
        message.ack();
        return;
      } catch (error) {
        log.warn({ err: error }, 'the dead letter could not be stored yet');
        message.working();
        await pause(1_000, signal);
      }
    }
    message.nak();
  };

  const handle = async (message: JsMsg, work: (context: EventContext) => Promise<void>, attempt: number) => {
    const done = await database.transaction(async (tx) => {
      const [taken] = await tx.query(TAKE, [consumer.durable, idOf(message)]);
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

  const deliver = async (message: JsMsg, handler: EventHandler) => {
    let work: ReturnType<EventHandler['accept']>;
    try {
      work = handler.accept(message.data);
    } catch (error) {
      return giveUp(message, `not decodable: ${String(error)}`, 1);
    }
    const start = performance.now();
    for (let attempt = 1, waits = 0; ; ) {
      try {
        await handle(message, work, attempt);
        durations.record((performance.now() - start) / 1_000, { 'messaging.destination.name': message.subject });
        return;
      } catch (error) {
        if (signal.aborted) return message.nak();
        // While the database is away no try is spent: the event waits for it.
        const away = error instanceof ConnectError && error.code === Code.Unavailable;
        if (!away && attempt >= maxAttempts) return giveUp(message, String(error), attempt);
        waits += 1;
        if (!away) attempt += 1;
        const waitMs =
          Math.min(BACK_OFF_MS * 2 ** (waits - 1), away ? 1_000 : BACK_OFF_MAX_MS) * (0.5 + Math.random() / 2);
        log.warn({ err: error, durable: consumer.durable, id: idOf(message), attempt }, 'an event will be tried again');
        message.working();
        await pause(waitMs, signal);
      }
    }
  };

  return async (message: JsMsg): Promise<void> => {
    if (signal.aborted) return message.nak();
    const handler = handlers.get(message.subject);
    if (!handler) return message.ack();
    const parent = propagation.extract(ROOT_CONTEXT, message, headerGetter);
    const attributes = { 'messaging.system': 'nats', 'messaging.consumer.group.name': consumer.durable };
    const span = tracer.startSpan(`process ${message.subject}`, { kind: SpanKind.CONSUMER, attributes }, parent);
    try {
      await context.with(trace.setSpan(parent, span), () => deliver(message, handler));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      log.error({ err: error, durable: consumer.durable }, 'an event was handed back');
      message.nak(1_000);
    } finally {
      span.end();
    }
  };
}

/** Events carry their id; a message from elsewhere is known by its place in the stream. */
const idOf = (message: JsMsg): string => message.headers?.get('ce-id') ?? '';

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);
