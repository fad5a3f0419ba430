import { randomUUIDv7 } from 'node:crypto';
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { context, propagation } from '@opentelemetry/api';
import type { Tx } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import { domainOf, domainSubjects, subjectOf } from './subjects.ts';

/** NATS' own limit is 1 MiB with headers. */
const PAYLOAD_BYTES_MAX = 1_000_000;

/** An event on its way to the outbox table. */
export interface OutboxEvent {
  /** UUID v7; also the CloudEvents id and the `Nats-Msg-Id`. */
  readonly id: string;
  readonly subject: string;
  readonly aggregateId: string;
  readonly payload: Uint8Array;
  /** CloudEvents attributes in binary mode, and the trace context. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Makes an event of a contract's message, continuing the active trace.
 * @param aggregateId What the event is about; events of one aggregate are delivered in order.
 * @throws RangeError when the message is larger than NATS carries.
 */
export function event<Desc extends DescMessage>(
  schema: Desc,
  message: MessageInitShape<Desc>,
  aggregateId: string,
): OutboxEvent {
  const id = randomUUIDv7();
  const headers: Record<string, string> = {
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': `/kreki/${domainOf(schema)}`,
    'ce-type': schema.typeName,
    'ce-time': new Date().toISOString(),
    'ce-subject': aggregateId,
    'content-type': 'application/protobuf',
  };
  propagation.inject(context.active(), headers);
  const payload = toBinary(schema, create(schema, message));
  // One that NATS refuses would hold up everything behind it.
  if (payload.length > PAYLOAD_BYTES_MAX)
    throw new RangeError(`${schema.typeName} has ${payload.length} bytes, more than NATS carries`);
  return { id, subject: subjectOf(schema), aggregateId, payload, headers };
}

/** An event for a statement's own CTE, as JSON: `json_to_recordset($1::json) AS given (event_id uuid, subject text, payload text, headers jsonb)`. */
export const outboxRecord = ({ id, subject, payload, headers }: OutboxEvent) => ({
  event_id: id,
  subject,
  /** To be read by `decode(payload, 'base64')`. */
  payload: Buffer.from(payload).toString('base64'),
  headers,
});

/** Events as columns for `unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::jsonb[])`. */
export function outboxColumns(events: readonly OutboxEvent[]): [string[], string[], string[], Uint8Array[], string[]] {
  return [
    events.map((event) => event.id),
    events.map((event) => event.subject),
    events.map((event) => event.aggregateId),
    events.map((event) => event.payload),
    events.map((event) => JSON.stringify(event.headers)),
  ];
}

const APPEND = prepared(
  'outbox_append',
  `INSERT INTO outbox (id, subject, aggregate_id, payload, headers)
   SELECT id, subject, aggregate_id, payload, headers
   FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::jsonb[])
     WITH ORDINALITY AS event (id, subject, aggregate_id, payload, headers, position)
   ORDER BY position`,
);

/** Where a service leaves its events; the relay takes them to the stream of its domain. */
export interface Outbox {
  /**
   * Writes events in the transaction of the state change they tell of, in their order. Lock or write the aggregate's row before: then
   * transactions on one aggregate follow each other, and so do their events.
   */
  append(tx: Tx, events: readonly OutboxEvent[]): Promise<void>;
  /** Tells the relay, after the commit, that there is something to publish now. */
  wake(): void;
}

/** @param relay Its domain is the only one whose events may be published. */
export function createOutbox(relay: { wake(): void; readonly domain?: string }): Outbox {
  return {
    async append(tx, events) {
      for (const { subject } of events) {
        if (relay.domain && !subject.startsWith(domainSubjects(relay.domain).replace('>', '')))
          throw new RangeError(`${subject} is not an event of ${relay.domain}`);
      }
      if (events.length > 0) tx.send(APPEND, outboxColumns(events));
    },
    wake: () => relay.wake(),
  };
}
