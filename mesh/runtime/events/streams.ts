import {
  DiscardPolicy,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from 'nats';
import { DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECTS, domainSubjects, streamOf } from './subjects.ts';

const DAY_MS = 86_400_000;
/** JetStream reserves it: the sum over all domains has to fit into the smallest server. */
const STREAM_MAX_BYTES = 512 * 1024 ** 2;

/** JetStream's error code for a stream that is not there. */
const STREAM_NOT_FOUND = 10_059;
const CONSUMER_NOT_FOUND = 10_014;
const MESSAGE_NOT_FOUND = 10_037;

/** Whether JetStream says that a stream, consumer or message is not there. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof NatsError &&
  [STREAM_NOT_FOUND, CONSUMER_NOT_FOUND, MESSAGE_NOT_FOUND].includes(
    error.api_error?.err_code ?? (error.code === '404' ? STREAM_NOT_FOUND : 0),
  );

/** Makes the stream of a domain's events when it is not there. */
export const ensureDomainStream = (manager: JetStreamManager, domain: string, replicas = 1): Promise<StreamInfo> =>
  ensure(manager, { name: streamOf(domain), subjects: domainSubjects(domain), maxAgeMs: 7 * DAY_MS, replicas });

/** Makes the stream of events that a consumer gave up on; they wait for a person, so longer. */
export const ensureDeadLetterStream = (manager: JetStreamManager, replicas = 1): Promise<StreamInfo> =>
  ensure(manager, { name: DEAD_LETTER_STREAM, subjects: DEAD_LETTER_SUBJECTS, maxAgeMs: 90 * DAY_MS, replicas });

interface Wanted {
  readonly name: string;
  readonly subjects: string;
  readonly maxAgeMs: number;
  readonly replicas: number;
}

async function ensure(manager: JetStreamManager, { name, subjects, maxAgeMs, replicas }: Wanted): Promise<StreamInfo> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return manager.streams.add({
    name,
    subjects: [subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(maxAgeMs),
    max_bytes: STREAM_MAX_BYTES,
    num_replicas: replicas,
    duplicate_window: nanos(120_000),
  });
}
