import type { Database, Queryable } from '../database/database.ts';
import type { Logger } from '../log.ts';
import { loop } from '../loop.ts';
import type { Bus } from './bus.ts';
import { findEnd } from './find-end.ts';
import { createLease } from './lease.ts';
import { BATCH, backlog, mark, next, type OutboxRow, trimPublished } from './outbox-table.ts';
import { type End, isWrongLast, type Published, publishBatch } from './publish.ts';
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

/** Events that go to JetStream side by side. */
interface Batch {
  readonly rows: readonly OutboxRow[];
  /** Resolves when those that JetStream took are marked. */
  readonly ended: Promise<void>;
}

/**
 * Takes events from the outbox to the stream of the domain, in the order in which they were written. One replica of a service relays at a
 * time; another takes over when it is gone. An event is marked once JetStream has it, while the next ones are on their way; what a broker
 * lost it is given again.
 */
export function startRelay({ database, bus, domain, log, retentionMs = 3_600_000 }: RelayOptions): Relay {
  /** Where the stream ends; unknown at first, and whenever it may have changed by other hands. */
  let end: End | undefined;
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

  const settle = async (session: Queryable, publishing: Promise<Published>) => {
    const { done, failure } = await publishing;
    if (failure !== undefined) end = undefined;
    await mark(session, done);
    if (failure !== undefined && !isWrongLast(failure) && done.length === 0)
      throw new Error('JetStream took no event', { cause: failure });
  };

  /**
   * @param underWay The batch behind which this one goes.
   * @returns undefined when nothing waits, or it is another replica's turn.
   */
  const publishNext = async (underWay: Batch | undefined): Promise<Batch | undefined> => {
    const jetstream = bus.jetstream();
    const session = jetstream && (await lease.hold());
    if (!session) return undefined;
    let before = underWay;
    if (end === undefined) {
      await before?.ended;
      // What it did not take goes before everything else.
      before = undefined;
      const { lastSeq, lost } = await findEnd(jetstream, domain, session);
      if (lost > 0) log.warn({ lost, lastSeq }, 'the broker lost events: publishing them again');
      end = { lastSeq };
    }
    const rows = await next(session, before?.rows ?? []);
    // NATS was connected anew, the lease lost, or an event refused, while the rows were read.
    if (end === undefined) return publishNext(before);
    const last = rows.at(-1);
    if (!last) return undefined;
    const publishing = publishBatch(jetstream.answers, domain, rows, end, interrupted.promise);
    end = { lastId: last.id };
    const ended = settle(session, publishing);
    ended.catch(() => undefined);
    return { rows, ended };
  };

  const publishWaiting = async (signal: AbortSignal) => {
    let underWay: Batch | undefined;
    try {
      while (!signal.aborted) {
        const batch = await publishNext(underWay);
        if (!batch) return;
        const before = underWay;
        underWay = batch;
        await before?.ended;
        if (batch.rows.length === BATCH) continue;
        await batch.ended;
        if (end !== undefined) return;
      }
    } finally {
      await underWay?.ended;
    }
  };

  const relay = loop('outbox relay', POLL_MS, publishWaiting, { log, maxBackOffMs: 1_000 });
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
