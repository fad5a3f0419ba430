import type { Logger } from '../log.ts';

/** A message as a subscriber sees it: an event of a domain, or anything else published on the bus. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** A header's value; empty when absent. `ce-id`, `ce-type`, `ce-time` and `ce-subject` (the aggregate's id) on events. */
  header(name: string): string;
}

/** The connection to NATS, made in the background and again whenever it is lost. */
export interface Bus {
  readonly connected: boolean;
  /** Receives what is published from now on, at most once, nothing while disconnected; survives reconnecting. */
  subscribe(subject: string, receive: (message: BusMessage) => void): { stop(): void };
  /** Calls back after each connecting, the first one too: what was published in between may have been missed. */
  onConnect(listener: () => void): { stop(): void };
  stop(): Promise<void>;
}

/** Returns at once, also when NATS cannot be reached yet. The URL may hold `user:password@` or `token@`, and several servers separated by commas. */
export declare function openBus(url: string, options: { name: string; log: Logger }): Bus;
