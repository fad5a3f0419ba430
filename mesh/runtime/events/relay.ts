import type { Database } from '../database/database.ts';
import type { Logger } from '../log.ts';
import { loop } from '../loop.ts';
import type { Bus } from './bus.ts';
import { createLease } from './lease.ts';
import { BATCH, backlog, mark, next, trimPublished } from './outbox-table.ts';
import { findEnd, isWrongLast, publishBatch } from './publish.ts';
import { observeBacklog } from './relay-metrics.ts';

export interface Relay {
  /** Domain whose events it publishes. */
  readonly domain: string;
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

const POLL_MS = 100;
const TRIM_INTERVAL_MS = 60_000;

/**
 * Takes events from the outbox to the stream of the domain, in the order in which they were written. One replica of a service relays at a
 * time; another takes over when it is gone. An event is marked once JetStream has it; what a broker lost it is given again.
 */
export function startRelay({ database, bus, domain, log, retentionMs = 3_600_000 }: RelayOptions): Relay {
  /** Where the stream ends; unknown at first, and whenever it may have changed by other hands. */
  let end: number | undefined;
  let interrupted = Promise.withResolvers<void>();
  const forgetEnd = () => {
    end = undefined;
    interrupted.resolve();
    interrupted = Promise.withResolvers();
  };
  const lease = createLease(database, `relay:${domain}`, () => {
    log.warn('the relay lease was lost');
    forgetEnd();
  });

  const publish = async (): Promise<boolean> => {
    const jetstream = bus.jetstream();
    const session = jetstream && (await lease.hold());
    if (!session) return false;
    if (end === undefined) {
      const { lastSeq, lost } = await findEnd(jetstream, domain, session);
      if (lost > 0) log.warn({ lost, lastSeq }, 'the broker lost events: publishing them again');
      end = lastSeq;
    }
    const rows = await next(session);
    if (rows.length === 0) return false;
    // NATS was connected anew, or the lease lost, while the rows were read.
    if (end === undefined) return true;
    const { done, failure } = await publishBatch(jetstream, domain, rows, end, interrupted.promise);
    await mark(session, done);
    if (failure !== undefined) {
      end = undefined;
      if (isWrongLast(failure) || done.length > 0) return true;
      throw new Error('JetStream took no event', { cause: failure });
    }
    if (end !== undefined) end = done.reduce((last, { streamSeq }) => Math.max(last, streamSeq), end);
    return rows.length === BATCH;
  };

  const relay = loop(
    'outbox relay',
    POLL_MS,
    async (signal) => {
      while (!signal.aborted && (await publish()));
    },
    { log, maxBackOffMs: 1_000 },
  );
  const trim = loop('outbox trim', TRIM_INTERVAL_MS, (signal) => trimPublished(database, retentionMs, signal), { log });
  relay.start();
  trim.start();
  const watching = bus.onConnect(() => {
    forgetEnd();
    relay.wake();
  });
  const observed = observeBacklog(domain, () => backlog(database));

  return {
    domain,
    wake: () => relay.wake(),
    backlog: () => backlog(database),
    async stop() {
      observed.stop();
      watching.stop();
      interrupted.resolve();
      await Promise.all([relay.stop(), trim.stop()]);
      await lease.release();
    },
  };
}
