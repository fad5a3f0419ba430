import { Channel, DeliveryStatus, Priority } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { Database } from '@kreki/runtime/database/database';
import type { Logger } from '@kreki/runtime/log';
import { continueTrace } from '@kreki/runtime/trace';
import type { Outcome } from '../channels/outcome.ts';
import type { Config } from '../config.ts';
import { forgetDevices } from '../store/devices.ts';
import { type AttemptResult, type Claimed, claim, extendLeases, recordAttempts } from '../store/queue.ts';
import { backoffMs } from './backoff.ts';
import { createLane, type Lane, type Places } from './lane.ts';
import { measure } from './metrics.ts';
import { bucketSize, type RateLimit, tokenBucket, unlimited } from './rate-limit.ts';
import { createRecorder } from './recorder.ts';
import { type SendContext, send } from './send.ts';

export interface Queues {
  /** A lane for each priority and channel. */
  readonly lanes: readonly Lane<Claimed>[];
  /** Holds back what a crash left undecided; before the lanes start. */
  recover(): Promise<void>;
  /** Places for messages that are claimed as they are written, so that they need not be read again; undefined when others wait. */
  reserve(priority: Priority, channel: Channel, wanted: number): ReservedPlaces | undefined;
  /** Notes that something was queued, in a transaction that may still fail. */
  touch(priority: Priority, channel: Channel): void;
  /** Looks at once into every queue touched since. */
  wake(): void;
  /** Records what is left, once the lanes have stopped. */
  stop(): Promise<void>;
}

export interface ReservedPlaces extends Places<Claimed> {
  /** How long a message that is claimed now is claimed for. */
  readonly leaseMs: number;
}

const WAKE_MS = 10;
const POLL_MS = 500;
/** Connections that the mail server is asked to serve at once. */
const EMAIL_CONCURRENCY = 4;
/** A mail takes several exchanges with its server, each with a time limit of its own. */
const LEASES: Readonly<Partial<Record<Channel, number>>> = { [Channel.EMAIL]: 3 };
const channels = [Channel.PUSH, Channel.WHATSAPP, Channel.EMAIL] as const;
const priorities = [Priority.CRITICAL, Priority.NORMAL] as const;

export function createQueues(database: Database, config: Config, context: SendContext, log: Logger): Queues {
  const { leaseMs, maxAttempts } = config.delivery;
  const recorder = createRecorder<Attempt>((attempts) => store(database, attempts, maxAttempts), log);
  const whatsapp = tokenBucket(config.whatsapp.messagesPerSecond);
  const lanes = new Map<string, Lane<Claimed>>();
  const touched = new Set<Lane<Claimed>>();
  const leaseOf = (channel: Channel) => leaseMs * (LEASES[channel] ?? 1);
  let waking: NodeJS.Timeout | undefined;

  for (const priority of priorities) {
    const critical = priority === Priority.CRITICAL;
    const concurrency = critical ? config.delivery.criticalConcurrency : config.delivery.normalConcurrency;
    for (const channel of channels) {
      const limit: RateLimit = channel === Channel.WHATSAPP ? whatsapp : unlimited;
      const lane = createLane<Claimed>({
        name: `${Priority[priority]}-${Channel[channel]}`.toLowerCase(),
        concurrency: channel === Channel.EMAIL ? Math.min(concurrency, EMAIL_CONCURRENCY) : concurrency,
        pollMs: POLL_MS,
        limit,
        reserve: !critical && limit === whatsapp ? bucketSize(config.whatsapp.messagesPerSecond) / 2 : 0,
        held: () => recorder.failing,
        claim: (count) => claim(database, { priority, channel }, count, leaseOf(channel)),
        async deliver(item) {
          const attempt = continueTrace(item.traceparent, () => send(context, priority, channel, item));
          const outcome = await attempt.catch((error: unknown): Outcome => {
            log.error({ err: error, deliveryId: item.id }, 'sending failed unexpectedly');
            return { kind: 'retry', error: `UNEXPECTED: ${(error as Error).message}` };
          });
          const at = new Date();
          measure({ priority, channel, outcome: outcome.kind, tookMs: at.getTime() - item.create_time.getTime() });
          await recorder.record({ item, outcome, at });
        },
        log,
      });
      lanes.set(`${priority}:${channel}`, lane);
    }
  }

  return {
    lanes: [...lanes.values()],
    recover: () => extendLeases(database, Channel.WHATSAPP, leaseMs),
    reserve(priority, channel, wanted) {
      const places = lanes.get(`${priority}:${channel}`)?.reserve(wanted);
      return places && { ...places, leaseMs: leaseOf(channel) };
    },
    touch(priority, channel) {
      const lane = lanes.get(`${priority}:${channel}`);
      if (lane) touched.add(lane);
    },
    wake() {
      if (touched.size === 0) return;
      // Commits come in bursts, seven offers to one press: a claim a burst, not one a commit.
      waking ??= setTimeout(() => {
        waking = undefined;
        for (const lane of touched) lane.wake();
        touched.clear();
      }, WAKE_MS);
    },
    async stop() {
      clearTimeout(waking);
      await recorder.stop();
    },
  };
}

interface Attempt {
  readonly item: Claimed;
  readonly outcome: Outcome;
  readonly at: Date;
}

/** Tokens go first: were they to go after, a crash in between would keep them. */
async function store(database: Database, attempts: readonly Attempt[], maxAttempts: number): Promise<void> {
  const dead = attempts.flatMap(({ item, outcome }) =>
    outcome.kind === 'dead' && item.device_id && item.token ? [{ deviceId: item.device_id, token: item.token }] : [],
  );
  if (dead.length > 0) await forgetDevices(database, dead);
  await recordAttempts(
    database,
    attempts.map((attempt) => resultOf(attempt, maxAttempts)),
  );
}

function resultOf({ item, outcome, at }: Attempt, maxAttempts: number): AttemptResult {
  const base = { id: item.id, attempts: item.attempts, error: '', providerId: null, delayMs: 0, sendTime: null };
  switch (outcome.kind) {
    case 'sent':
      return { ...base, status: DeliveryStatus.SENT, providerId: outcome.providerId, sendTime: at };
    case 'retry': {
      const { error, afterMs } = outcome;
      if (item.attempts >= maxAttempts) return { ...base, status: DeliveryStatus.FAILED, error };
      return { ...base, status: DeliveryStatus.QUEUED, error, delayMs: backoffMs(item.attempts, afterMs) };
    }
    case 'unknown':
      return { ...base, status: DeliveryStatus.SENDING, error: outcome.error };
    case 'failed':
    case 'dead':
      return { ...base, status: DeliveryStatus.FAILED, error: outcome.error };
    case 'skipped':
      return { ...base, status: DeliveryStatus.SKIPPED, error: outcome.error };
    default:
      return outcome satisfies never;
  }
}
