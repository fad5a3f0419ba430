import { headers as natsHeaders, type PubAck } from 'nats';
import type { Database } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import type { Logger } from '../log.ts';
import { loop } from '../loop.ts';
import type { Bus } from './bus.ts';
import { createLease } from './relay-lease.ts';
import { ensureDomainStream } from './streams.ts';

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

interface Row {
  id: string;
  seq: number;
  subject: string;
  aggregate_id: string;
  payload: Buffer;
  headers: Record<string, string>;
}

const BATCH = 500;
const POLL_MS = 100;
const TRIM_INTERVAL_MS = 60_000;

const NEXT = prepared(
  'relay_next',
  `SELECT id, seq, subject, aggregate_id, payload, headers FROM outbox WHERE published_at IS NULL ORDER BY seq LIMIT ${BATCH}`,
);
const MARK = prepared(
  'relay_mark',
  `UPDATE outbox SET published_at = now(), stream_seq = published.stream_seq
   FROM unnest($1::uuid[], $2::bigint[]) AS published (id, stream_seq) WHERE outbox.id = published.id`,
);
const REOPEN = prepared(
  'relay_reopen',
  'UPDATE outbox SET published_at = NULL, stream_seq = NULL WHERE published_at IS NOT NULL AND stream_seq > $1 RETURNING id',
);
const TRIM = prepared(
  'relay_trim',
  `DELETE FROM outbox WHERE id IN (
     SELECT id FROM outbox WHERE published_at < now() - $1 * interval '1 millisecond' LIMIT 10000)`,
);
const BACKLOG = prepared(
  'relay_backlog',
  `SELECT count(*) AS depth, coalesce(extract(epoch FROM now() - min(created_at)) * 1000, 0)::float8 AS age
   FROM outbox WHERE published_at IS NULL`,
);

/**
 * Takes events from the outbox to the stream of the domain, in the order of their aggregates. One replica of a service relays at a time;
 * another takes over when it is gone. An event is marked once JetStream has it; what a broker lost it is given again.
 */
export function startRelay({ database, bus, domain, log, retentionMs = 3_600_000 }: RelayOptions): Relay {
  const lease = createLease(database.pool, `relay:${domain}`);
  let prepared = false;
  const watching = bus.onConnect(() => {
    prepared = false;
    relay.wake();
  });

  /** After connecting: the stream exists, and what it does not hold any more goes out again. */
  const prepare = async () => {
    const jetstream = bus.jetstream();
    if (!jetstream || prepared) return;
    const { state } = await ensureDomainStream(jetstream.manager, domain);
    const lost = await database.query(REOPEN, [state.last_seq]);
    if (lost.length > 0)
      log.warn({ lost: lost.length, lastSeq: state.last_seq }, 'the broker lost events: publishing again');
    prepared = true;
  };

  const publish = async (): Promise<boolean> => {
    const jetstream = bus.jetstream();
    if (!jetstream || !(await lease.hold())) return false;
    await prepare();
    const rows = await database.query<Row>(NEXT);
    if (rows.length === 0) return false;
    const acks = await Promise.allSettled(rows.map((row) => send(jetstream.client, row)));
    const done = acknowledged(rows, acks);
    if (done.length > 0) await database.query(MARK, [done.map(({ row }) => row.id), done.map(({ ack }) => ack.seq)]);
    const failure = acks.find((ack) => ack.status === 'rejected');
    if (failure) {
      prepared = false;
      throw new Error('JetStream did not take an event', { cause: failure.reason });
    }
    return rows.length === BATCH;
  };

  const relay = loop(
    'outbox relay',
    POLL_MS,
    async (signal) => {
      while (!signal.aborted && (await publish()));
    },
    { log, maxBackOffMs: 2_000 },
  );
  const trim = loop('outbox trim', TRIM_INTERVAL_MS, () => database.query(TRIM, [retentionMs]), { log });
  relay.start();
  trim.start();

  return {
    wake: () => relay.wake(),
    async backlog() {
      const [row] = await database.query<{ depth: number; age: number }>(BACKLOG);
      return { depth: row?.depth ?? 0, oldestAgeMs: row?.age ?? 0 };
    },
    async stop() {
      watching.stop();
      await Promise.all([relay.stop(), trim.stop()]);
      await lease.release();
    },
  };
}

type JetStream = NonNullable<ReturnType<Bus['jetstream']>>['client'];

function send(client: JetStream, row: Row): Promise<PubAck> {
  const headers = natsHeaders();
  for (const [name, value] of Object.entries(row.headers)) headers.set(name, value);
  return client.publish(row.subject, row.payload, { msgID: row.id, headers });
}

/** Events of an aggregate after one that failed count as failed too: they go again behind it, and duplicates are recognised. */
function acknowledged(
  rows: readonly Row[],
  acks: readonly PromiseSettledResult<PubAck>[],
): { row: Row; ack: PubAck }[] {
  const blocked = new Set<string>();
  return rows.flatMap((row, index) => {
    const ack = acks[index];
    if (ack?.status !== 'fulfilled') blocked.add(row.aggregate_id);
    return ack?.status === 'fulfilled' && !blocked.has(row.aggregate_id) ? [{ row, ack: ack.value }] : [];
  });
}
