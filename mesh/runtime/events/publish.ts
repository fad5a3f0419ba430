import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type MsgHdrs, NatsError, headers as natsHeaders, type PubAck } from 'nats';
import type { Queryable } from '../database/database.ts';
import { meter, tracer } from '../telemetry.ts';
import type { Bus } from './bus.ts';
import { newestPublished, type OutboxRow, reopenAfter } from './outbox-table.ts';
import { ensureDomainStream, isNotFound } from './streams.ts';
import { streamOf } from './subjects.ts';

type JetStream = NonNullable<ReturnType<Bus['jetstream']>>;

/** What became of a batch: the events JetStream has, and why it does not have the others. */
export interface Published {
  readonly done: readonly { id: string; streamSeq: number }[];
  readonly failure: unknown;
}

const published = meter.createCounter('kreki.events.published', { description: 'Events taken to JetStream' });

/** JetStream's error codes: the stream does not end where the publisher thought it did. */
const WRONG_LAST = [10_070, 10_071];

/** Whether a batch stopped because something else was put into the stream, or was lost from it. */
export const isWrongLast = (error: unknown): boolean =>
  error instanceof NatsError && WRONG_LAST.includes(error.api_error?.err_code ?? 0);

/**
 * Publishes events side by side and yet in their order: each names the one before it, and JetStream refuses it when that one is not the
 * last it stored. An event JetStream has already is recognised by its id and counts as done.
 * @param lastSeq Where the stream ends.
 * @param interrupted Ends the waiting for what has not been answered, which counts as failed.
 */
export async function publishBatch(
  { client }: JetStream,
  domain: string,
  rows: readonly OutboxRow[],
  lastSeq: number,
  interrupted: Promise<unknown>,
): Promise<Published> {
  const done: { id: string; streamSeq: number }[] = [];
  let failure: unknown;
  const sends = rows.map(async (row, index) => {
    const headers = natsHeaders();
    for (const [name, value] of Object.entries(row.headers)) headers.set(name, value);
    const span = publishing(domain, row, headers);
    const before = rows[index - 1];
    const expect = { streamName: streamOf(domain), ...(before ? { lastMsgID: before.id } : { lastSequence: lastSeq }) };
    try {
      const ack: PubAck = await client.publish(row.subject, row.payload, { msgID: row.id, headers, expect });
      done.push({ id: row.id, streamSeq: ack.seq });
      published.add(1, { 'messaging.destination.name': streamOf(domain), 'kreki.event': row.subject });
    } catch (error) {
      failure ??= error;
      span.setStatus({ code: SpanStatusCode.ERROR });
    } finally {
      span.end();
    }
  });
  await Promise.race([Promise.all(sends), interrupted]);
  if (done.length < rows.length) failure ??= new Error('the connection was lost while publishing');
  return { done: [...done], failure };
}

const headerSetter = { set: (headers: MsgHdrs, name: string, value: string) => headers.set(name, value) };

/** A span in the trace in which the event was made, from which its consumers go on. */
function publishing(domain: string, { subject, headers: made }: OutboxRow, headers: MsgHdrs) {
  const parent = propagation.extract(ROOT_CONTEXT, made);
  const attributes = {
    'messaging.system': 'nats',
    'messaging.destination.name': streamOf(domain),
    'kreki.aggregate.id': made['ce-subject'] ?? '',
  };
  const span = tracer.startSpan(`publish ${subject}`, { kind: SpanKind.PRODUCER, attributes }, parent);
  propagation.inject(trace.setSpan(parent, span), headers, headerSetter);
  return span;
}

/**
 * Finds where the stream ends, making it when it is not there. What was published and is not in it any more (a broker that lost its disk,
 * or was set back to an older state) waits for publication again.
 * @returns The last sequence of the stream, and how many events it had lost.
 */
export async function findEnd(
  { manager, replicas }: JetStream,
  domain: string,
  session: Queryable,
): Promise<{ lastSeq: number; lost: number }> {
  const { state } = await ensureDomainStream(manager, domain, replicas);
  const holds = async (event: { id: string; stream_seq: number }): Promise<boolean> => {
    if (event.stream_seq < state.first_seq) return true;
    try {
      const stored = await manager.streams.getMessage(streamOf(domain), { seq: event.stream_seq });
      return stored.header.get('Nats-Msg-Id') === event.id;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  };
  for (let lost = 0; ; ) {
    const newest = await newestPublished(session);
    const missing = newest !== undefined && newest.stream_seq > state.last_seq;
    if (!newest || (!missing && (await holds(newest)))) return { lastSeq: state.last_seq, lost };
    lost += await reopenAfter(session, missing ? state.last_seq : 0);
  }
}
