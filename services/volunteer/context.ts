import type { Database } from '@kreki/runtime/database/database';
import type { Outbox } from '@kreki/runtime/events/outbox';
import type { PositionWriter } from './positions/writer.ts';
import type { PrismaClient } from './prisma/generated/client.ts';

/** What the handlers of this service work with. */
export interface Context {
  readonly database: Database;
  /** Over the pool of `database`, for ordinary reads. */
  readonly prisma: PrismaClient;
  readonly outbox: Outbox;
  readonly positions: PositionWriter;
  /** How old a position may be in a search that says nothing of it. */
  readonly positionFreshMs: number;
}
