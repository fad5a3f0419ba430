import { tracingChannel } from 'node:diagnostics_channel';
import { operation } from './database/telemetry.ts';
import { isCollected } from './telemetry.ts';

/** What ioredis tells of a command: the same object at its start and at its end. */
interface Command {
  readonly command: string;
  readonly error?: unknown;
}

const unfinished = new WeakMap<object, (error?: unknown) => void>();

const started = (message: unknown) => {
  const command = message as Command;
  unfinished.set(command, operation('redis', command.command));
};
const ended = (message: unknown) => {
  const command = message as Command;
  unfinished.get(command)?.(command.error);
};

/** Measures every command that this process sends to Redis from now on: where it sends telemetry, else it costs nothing. */
export function observeRedis(): void {
  const { start, asyncEnd } = tracingChannel('ioredis:command');
  if (!isCollected() || start.hasSubscribers) return;
  start.subscribe(started);
  asyncEnd.subscribe(ended);
}
