import type { Bus } from '@kreki/runtime/events/bus';
import { DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECTS } from '@kreki/runtime/events/subjects';
import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';
import type { ConsumerInfo, JetStreamManager, StreamInfo } from 'nats';

/** A stream as JetStream describes it. */
export interface StreamSnapshot {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly messages: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Milliseconds since 1970; undefined while it is empty. */
  readonly lastMs: number | undefined;
  /** Messages a second since it was read before. */
  readonly rate: number;
}

/** A durable consumer as JetStream describes it. */
export interface ConsumerSnapshot {
  readonly stream: string;
  readonly durable: string;
  readonly pending: number;
  readonly ackPending: number;
  readonly redelivered: number;
  /** Age of the oldest event that is not acknowledged, in milliseconds; 0 when there is none. */
  readonly lagMs: number;
}

export interface StreamsSnapshot {
  readonly timeMs: number;
  readonly streams: readonly StreamSnapshot[];
  readonly consumers: readonly ConsumerSnapshot[];
  readonly deadLetters: number;
  /** Dead letters by the durable that gave up. */
  readonly deadLettersOf: ReadonlyMap<string, number>;
}

const INTERVAL_MS = 2_000;

/** Reads JetStream every two seconds; `latest` is undefined until it was read, and `problem` says why it cannot be. */
export class JetStreamSource {
  latest: StreamsSnapshot | undefined;
  problem = 'JetStream was not read yet';
  readonly #bus: Bus;
  readonly #loop: Loop;

  constructor(bus: Bus, log: Logger) {
    this.#bus = bus;
    this.#loop = loop('jetstream', INTERVAL_MS, () => this.#read(), { log });
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#bus.stop();
  }

  async #read(): Promise<void> {
    const manager = this.#bus.jetstream()?.manager;
    if (!manager) {
      this.#lose('NATS cannot be reached');
      return;
    }
    try {
      this.latest = await readStreams(manager, this.latest);
      this.problem = '';
    } catch (error) {
      this.#lose(error instanceof Error ? error.message : String(error));
    }
  }

  /** What was read before is shown no more: it is not what is. */
  #lose(problem: string): void {
    this.latest = undefined;
    this.problem = problem;
  }
}

async function readStreams(manager: JetStreamManager, before: StreamsSnapshot | undefined): Promise<StreamsSnapshot> {
  const timeMs = Date.now();
  const infos = await manager.streams.list().next();
  const found = await Promise.all(infos.map(async ({ config }) => manager.consumers.list(config.name).next()));
  const consumers = await Promise.all(found.flat().map((info) => consumerOf(manager, info, timeMs)));
  const dead = infos.find(({ config }) => config.name === DEAD_LETTER_STREAM);
  return {
    timeMs,
    streams: infos.map((info) => streamOf(info, timeMs, before)),
    consumers,
    deadLetters: dead?.state.messages ?? 0,
    deadLettersOf: dead ? await countDeadLetters(manager) : new Map(),
  };
}

function streamOf({ config, state }: StreamInfo, timeMs: number, before: StreamsSnapshot | undefined): StreamSnapshot {
  const earlier = before?.streams.find(({ name }) => name === config.name);
  const seconds = before ? (timeMs - before.timeMs) / 1_000 : 0;
  return {
    name: config.name,
    subjects: config.subjects,
    messages: state.messages,
    bytes: state.bytes,
    maxBytes: Math.max(config.max_bytes, 0),
    firstSeq: state.first_seq,
    lastSeq: state.last_seq,
    lastMs: state.messages > 0 ? Date.parse(state.last_ts as unknown as string) : undefined,
    rate: earlier && seconds > 0 ? Math.max(state.last_seq - earlier.lastSeq, 0) / seconds : 0,
  };
}

async function consumerOf(manager: JetStreamManager, info: ConsumerInfo, timeMs: number): Promise<ConsumerSnapshot> {
  const waits = info.num_pending + info.num_ack_pending > 0;
  return {
    stream: info.stream_name,
    durable: info.name,
    pending: info.num_pending,
    ackPending: info.num_ack_pending,
    redelivered: info.num_redelivered,
    lagMs: waits ? await lagOf(manager, info, timeMs) : 0,
  };
}

/** The event after the last that was acknowledged with all before it is the oldest that waits. */
async function lagOf(manager: JetStreamManager, info: ConsumerInfo, timeMs: number): Promise<number> {
  const seq = info.ack_floor.stream_seq + 1;
  const oldest = await manager.streams.getMessage(info.stream_name, { seq }).catch(() => undefined);
  return oldest ? Math.max(timeMs - oldest.time.getTime(), 0) : 0;
}

/** Subjects are `kreki.dead.<durable>.<event>`. */
async function countDeadLetters(manager: JetStreamManager): Promise<Map<string, number>> {
  const { state } = await manager.streams.info(DEAD_LETTER_STREAM, { subjects_filter: DEAD_LETTER_SUBJECTS });
  const counts = new Map<string, number>();
  for (const [subject, count] of Object.entries(state.subjects ?? {})) {
    const durable = subject.split('.')[2] ?? '';
    counts.set(durable, (counts.get(durable) ?? 0) + count);
  }
  return counts;
}
