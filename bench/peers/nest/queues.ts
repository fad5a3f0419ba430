import type { RmqOptions } from '@nestjs/microservices';
import { Transport } from '@nestjs/microservices';
import type { PanicRequest } from '../shared/contract.ts';

/** What the gateway asks the service, and how long it waits for an answer: the deadline that the mesh's contract has. */
export const TRIGGER_PANIC = 'trigger_panic';
export const DEADLINE_MS = 5_000;

export interface TriggerPanic {
  readonly requesterId: string;
  readonly request: PanicRequest;
}

/** Requests are worth nothing once nobody waits for their answer, and so are not kept. */
export const requests = (url: string): RmqOptions => ({
  transport: Transport.RMQ,
  options: { urls: [url], queue: 'emergency', queueOptions: { durable: false } },
});

export const EVENTS_QUEUE = 'emergency-events';

/** Events are kept: a quorum queue, persistent messages, and publisher confirms, which the client has by itself. */
export const events = (url: string): RmqOptions => ({
  transport: Transport.RMQ,
  options: {
    urls: [url],
    queue: EVENTS_QUEUE,
    queueOptions: { durable: true, arguments: { 'x-queue-type': 'quorum' } },
    persistent: true,
  },
});
