import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import type { Tx } from '../database/database.ts';
import type { Logger } from '../log.ts';
import { subjectOf } from './subjects.ts';

/** What a handler gets with its event. */
export interface EventContext {
  /** Transaction that also holds the inbox row: what is written in it happens once, however often the event is delivered. */
  readonly tx: Tx;
  /** UUID of the event. */
  readonly id: string;
  /** When the event was made. */
  readonly time: Date;
  readonly aggregateId: string;
  /** 1 for the first try; those that ended their process are counted from the second on. */
  readonly attempt: number;
  readonly log: Logger;
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
}

/** What is done with one type of event. */
export interface EventHandler {
  readonly subject: string;
  /** Decodes the event; the result handles it. */
  accept(payload: Uint8Array): (context: EventContext) => Promise<void>;
}

/** Handles events of one type. */
export function on<Desc extends DescMessage>(
  schema: Desc,
  handle: (event: MessageShape<Desc>, context: EventContext) => Promise<void>,
): EventHandler {
  return {
    subject: subjectOf(schema),
    accept(payload) {
      const message = fromBinary(schema, payload);
      return (context) => handle(message, context);
    },
  };
}

/** A durable consumer of another domain's events. */
export interface Consumer {
  /** Domain whose stream is read. */
  readonly from: string;
  /** Durable name, `<service>-<purpose>`; also the name its inbox rows carry. */
  readonly durable: string;
  readonly handle: readonly EventHandler[];
  /** Called after each commit that handled an event, to wake what goes on from there. */
  readonly committed?: () => void;
  /** Tries before an event becomes a dead letter, over all processes. */
  readonly maxAttempts?: number;
  /** Events handled at the same time, each of another aggregate. */
  readonly concurrency?: number;
}

/** Declares a consumer; a service starts it with the rest. */
export const consumer = (options: Consumer): Consumer => options;
