import type { Database } from '@kreki/runtime/database/database';
import type { Outbox } from '@kreki/runtime/events/outbox';
import type { Logger } from '@kreki/runtime/log';
import type { Config } from './config.ts';
import type { PrismaClient } from './prisma/generated/client.ts';

/** What the RPCs stand on. */
export interface Context {
  readonly config: Config;
  readonly database: Database;
  readonly prisma: PrismaClient;
  readonly outbox: Outbox;
  /** Fetches wanted and stale contacts now. */
  readonly contactRefresh: { wake(): void };
  /** What we call a message of WhatsApp's: a hash of its id, which holds a phone number. */
  readonly nameOfMessage: (wamid: string) => string;
  readonly log: Logger;
}
