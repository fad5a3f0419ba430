import type { Database } from '../database/database.ts';
import type { Logger } from '../log.ts';
import type { Bus } from './bus.ts';

export interface Relay {
  /** Publishes now rather than at the next poll. */
  wake(): void;
  /** How much waits to be published, for metrics. */
  backlog(): Promise<{ depth: number; oldestAgeMs: number }>;
  stop(): Promise<void>;
}

export interface RelayOptions {
  readonly database: Database;
  readonly bus: Bus;
  /** Domain whose stream the events go to: the service's name. */
  readonly domain: string;
  readonly log: Logger;
  /** How long published rows are kept for a broker that lost them; an hour when not given. */
  readonly retentionMs?: number;
}

export declare function startRelay(options: RelayOptions): Relay;
