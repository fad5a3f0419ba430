import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { JsMsg } from 'nats';
import type { Database, Tx } from '../database/database.ts';
import type { Logger } from '../log.ts';
import { meter, tracer } from '../telemetry.ts';
import type { Attempts } from './attempts.ts';
import { createBatches } from './batches.ts';
import type { Bus } from './bus.ts';
import type { Consumer, EventContext, EventHandler } from './consumer.ts';
import { isFor, publishDeadLetter } from './dead-letters.ts';
import type { Delivered } from './delivered.ts';
import { takeEach } from './inbox.ts';
import type { Slots } from './keyed-queue.ts';
import { streamOf } from './subjects.ts';

const DEFAULT_ATTEMPTS = 5;
const BACK_OFF_MS = 200;
const BACK_OFF_MAX_MS = 10_000;
const AWAY_BACK_OFF_MAX_MS = 1_000;
const DEAD_LETTER_RETRY_MS = 1_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const durations = meter.createHistogram('messaging.process.duration', {
  unit: 's',
  description: 'Duration of events handled',
});

/** Why an event is given up that no process survived to fail at. */
const ENDED = 'the process ended each time that it was handled';

type Work = (context: EventContext) => Promise<void>;

interface Surroundings {
  readonly bus: Bus;
  readonly database: Database;
  readonly log: Logger;
  /** Ends the reading: what is not handled by then is handed back. */
  readonly signal: AbortSignal;
  /** Bounds how many events are handled at once; one that waits for its next try has no slot. */
  readonly slots: Slots;
  readonly attemptsOf: (event: Delivered) => Attempts;
}

/**
 * Handles one delivered event to its end: handled once and acknowledged, or given up and in the dead-letter stream, or handed back because
 * the service stops. Never rejects.
 */
export function createDelivery(consumer: Consumer, { bus, database, log, signal, slots, attemptsOf }: Surroundings) {
  const { durable } = consumer;
  const stream = streamOf(consumer.from);
  const handlers = new Map(consumer.handle.map((handler) => [handler.subject, handler]));
  const maxAttempts = consumer.maxAttempts ?? DEFAULT_ATTEMPTS;
  const batches = createBatches({ database, durable, slots, signal });

  const giveUp = async ({ message, id }: Delivered, reason: string, attempts = 1, counted?: Attempts) => {
    log.error({ durable, subject: message.subject, id, reason, attempts }, 'dead letter');
    while (!signal.aborted) {
      try {
        await publishDeadLetter(bus, message, { durable, reason, attempts });
        await counted?.end(database);
        return message.ack();
      } catch (error) {
        log.warn({ err: error, durable }, 'the dead letter could not be stored yet');
        await pause(DEAD_LETTER_RETRY_MS, signal);
      }
    }
    message.nak();
  };

  const committed = (message: JsMsg, handled: boolean) => {
    message.ack();
    if (handled) consumer.committed?.();
  };

  const within =
    ({ id, aggregateId, headers }: Delivered, work: Work, attempt: number) =>
    (tx: Tx) =>
      work({
        tx,
        id,
        time: new Date(headers['ce-time'] || Date.now()),
        aggregateId,
        attempt,
        log,
        signal,
      });

  /** Handles an event in a transaction of its own. */
  const handleAlone = async (event: Delivered, work: Work, attempt: number, attempts: Attempts) => {
    const handled = await database.transaction(async (tx) => {
      await attempts.end(tx);
      const taken = await takeEach(tx, durable, [event.id]);
      if (taken.size > 0) await within(event, work, attempt)(tx);
      return taken.size > 0;
    });
    committed(event.message, handled);
  };

  /** Handles an event beside others where many wait; false when one of them failed. */
  const handleTogether = async (event: Delivered, work: Work, attempt: number): Promise<boolean> => {
    const outcome = await batches.handle({ id: event.id, work: within(event, work, attempt) });
    if (outcome === 'alone') return false;
    committed(event.message, outcome === 'handled');
    return true;
  };

  const measure = (message: JsMsg, startMs: number, error?: unknown) =>
    durations.record((performance.now() - startMs) / 1_000, {
      'messaging.destination.name': stream,
      'messaging.consumer.group.name': durable,
      'kreki.event': message.subject,
      ...(error !== undefined && { 'error.type': error instanceof Error ? error.name : 'unknown' }),
    });

  const deliver = async (event: Delivered, handler: EventHandler) => {
    const { message, id } = event;
    if (!UUID.test(id)) return giveUp(event, 'not an event: its ce-id is not a UUID');
    let work: Work;
    try {
      work = handler.accept(message.data);
    } catch (error) {
      return giveUp(event, `not decodable: ${String(error)}`);
    }
    const attempts = attemptsOf(event);
    const start = performance.now();
    for (let waits = 0; ; ) {
      if (signal.aborted) return message.nak();
      let attempt = 0;
      try {
        if (waits === 0 && !attempts.suspect) {
          attempt = await attempts.begin();
          if (await handleTogether(event, work, attempt)) {
            measure(message, start);
            return;
          }
          await attempts.undo();
          attempt = 0;
        }
        await slots.run(async () => {
          signal.throwIfAborted();
          attempt = await attempts.begin();
          if (attempt <= maxAttempts) await handleAlone(event, work, attempt, attempts);
        }, attempts);
        if (attempt > maxAttempts) return giveUp(event, ENDED, maxAttempts, attempts);
        measure(message, start);
        return;
      } catch (error) {
        // While the database is away no try is spent: the event waits for it.
        const away = error instanceof ConnectError && error.code === Code.Unavailable;
        if (signal.aborted) message.nak();
        if (attempt > 0 && (away || signal.aborted)) await attempts.undo();
        if (signal.aborted) return;
        measure(message, start, error);
        if (!away && attempt >= maxAttempts) return giveUp(event, String(error), attempt, attempts);
        const backOffMs = Math.min(BACK_OFF_MS * 2 ** waits++, away ? AWAY_BACK_OFF_MAX_MS : BACK_OFF_MAX_MS);
        log.warn({ err: error, durable, id, attempt }, 'an event will be tried again');
        await pause(backOffMs * (0.5 + Math.random() / 2), signal);
      }
    }
  };

  return async (event: Delivered): Promise<void> => {
    const { message } = event;
    if (signal.aborted) return message.nak();
    const handler = handlers.get(message.subject);
    if (!handler || !isFor(event, durable)) return message.ack();
    const parent = propagation.extract(ROOT_CONTEXT, event.headers);
    const attributes = {
      'messaging.system': 'nats',
      'messaging.destination.name': stream,
      'messaging.consumer.group.name': durable,
      'kreki.aggregate.id': event.aggregateId,
    };
    const span = tracer.startSpan(`process ${message.subject}`, { kind: SpanKind.CONSUMER, attributes }, parent);
    try {
      await context.with(trace.setSpan(parent, span), () => deliver(event, handler));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      log.error({ err: error, durable }, 'an event was handed back');
      message.nak(1_000);
    } finally {
      span.end();
    }
  };
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);
