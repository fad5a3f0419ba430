import { propagation, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type Msg, MsgHdrsImpl } from 'nats';
import { meter, tracer } from '../telemetry.ts';
import type { Answers } from './answers.ts';
import type { OutboxRow } from './outbox-table.ts';
import { streamOf } from './subjects.ts';

/** What a stream ends with: as it says itself, or by the event that was given to it last. */
export type End = { readonly lastSeq: number } | { readonly lastId: string };

/** What became of a batch: the events JetStream has, and why it does not have the others. */
export interface Published {
  readonly done: readonly { id: string; streamSeq: number }[];
  readonly failure: unknown;
}

const published = meter.createCounter('kreki.events.published', { description: 'Events taken to JetStream' });

/** How long JetStream may take to answer for a batch. */
const ANSWER_MS = 5_000;

/** JetStream's error codes: the stream does not end where the publisher thought it did. */
const WRONG_LAST = [10_070, 10_071];

/** JetStream did not take an event. */
class Refused extends Error {
  readonly code: number;
  constructor(description: string, code: number) {
    super(description);
    this.code = code;
  }
}

/** Whether a batch stopped because something else was put into the stream, or was lost from it. */
export const isWrongLast = (error: unknown): boolean => error instanceof Refused && WRONG_LAST.includes(error.code);

/**
 * Publishes events side by side and yet in their order: each names the one before it, and JetStream refuses it when that one is not the
 * last it stored. An event JetStream has already is recognised by its id and counts as done.
 * @param end What the first one comes after.
 * @param interrupted Ends the waiting for what has not been answered, which counts as failed.
 */
export async function publishBatch(
  answers: Answers,
  domain: string,
  rows: readonly OutboxRow[],
  end: End,
  interrupted: Promise<unknown>,
): Promise<Published> {
  const stream = streamOf(domain);
  const done: { id: string; streamSeq: number }[] = [];
  const taken = new Map<string, number>();
  const unanswered = new Map<string, { readonly span: Span; readonly forget: () => void }>();
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  let failure: unknown;
  let last = end;
  const hear = (row: OutboxRow, span: Span, answer: Msg) => {
    try {
      done.push({ id: row.id, streamSeq: seqOf(answer) });
      taken.set(row.subject, (taken.get(row.subject) ?? 0) + 1);
    } catch (error) {
      failure ??= error;
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
    unanswered.delete(row.id);
    if (unanswered.size === 0) resolve();
  };
  for (const row of rows) {
    const span = publishing(stream, row);
    const headers = headersOf(row, stream, last);
    const forget = answers.ask(row.subject, row.payload, headers, (answer) => hear(row, span, answer));
    unanswered.set(row.id, { span, forget });
    last = { lastId: row.id };
  }
  const timer = setTimeout(resolve, ANSWER_MS);
  await Promise.race([answered, interrupted]);
  clearTimeout(timer);
  if (unanswered.size > 0) failure ??= new Error('the connection was lost while publishing');
  for (const { span, forget } of unanswered.values()) {
    forget();
    span.setStatus({ code: SpanStatusCode.ERROR }).end();
  }
  for (const [subject, count] of taken)
    published.add(count, { 'messaging.destination.name': stream, 'kreki.event': subject });
  return { done, failure };
}

/** Where JetStream stored the event. */
function seqOf(answer: Msg): number {
  if (answer.data.length === 0) throw new Error('no stream takes the event');
  const { seq, error } = answer.json<{ seq?: number; error?: { err_code?: number; description?: string } }>();
  if (error || !seq) throw new Refused(error?.description ?? 'the event was not stored', error?.err_code ?? 0);
  return seq;
}

function headersOf({ id, headers }: OutboxRow, stream: string, end: End) {
  const record: Record<string, string[]> = {
    'Nats-Msg-Id': [id],
    'Nats-Expected-Stream': [stream],
    ...('lastId' in end
      ? { 'Nats-Expected-Last-Msg-Id': [end.lastId] }
      : { 'Nats-Expected-Last-Sequence': [String(end.lastSeq)] }),
  };
  // A line break would end the header, and an event that NATS refuses hold up all behind it.
  for (const name in headers) record[name] = [(headers[name] ?? '').replace(/[\r\n]+/g, ' ')];
  return MsgHdrsImpl.fromRecord(record);
}

/** A span in the trace in which the event was made, from which its consumers go on. */
function publishing(stream: string, { subject, headers }: OutboxRow) {
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  const attributes = {
    'messaging.system': 'nats',
    'messaging.destination.name': stream,
    'kreki.aggregate.id': headers['ce-subject'] ?? '',
  };
  const span = tracer.startSpan(`publish ${subject}`, { kind: SpanKind.PRODUCER, attributes }, parent);
  propagation.inject(trace.setSpan(parent, span), headers);
  return span;
}
