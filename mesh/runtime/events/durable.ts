import { AckPolicy, type ConsumerConfig, DeliverPolicy, nanos, ReplayPolicy } from 'nats';
import type { Bus } from './bus.ts';
import type { Consumer } from './consumer.ts';
import { ensureDeadLetterStream, isNotFound } from './streams.ts';
import { domainSubjects, streamOf } from './subjects.ts';

const ACK_WAIT_MS = 30_000;

/** Events that one replica holds at most: those being handled, and those waiting for another of their aggregate. */
const HELD_MAX = 1_000;

/**
 * Makes a durable consumer when it is missing, to be called by the one replica that reads it. What another reader, or this one before,
 * had been given and not acknowledged comes again at once and in the order of the stream, instead of after its time and behind later
 * events: the consumer is set back to where everything is acknowledged. What was handled beyond that is known by its inbox row.
 * @returns the consumer, and the place in the stream up to which events may have been given to a reader that did not come back.
 */
export async function openDurable(
  { client, manager, replicas }: NonNullable<ReturnType<Bus['jetstream']>>,
  consumer: Consumer,
  signal: AbortSignal,
) {
  const { durable, from } = consumer;
  const stream = streamOf(from);
  await ensureDeadLetterStream(manager, replicas);
  const { state } = await manager.streams.info(stream);
  const present = await manager.consumers.info(stream, durable).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const config: Partial<ConsumerConfig> = {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    filter_subject: domainSubjects(from),
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: HELD_MAX,
    max_deliver: -1,
  };
  signal.throwIfAborted();
  let suspectsUpTo = 0;
  if (!present) {
    await manager.consumers.add(stream, config);
  } else if (present.num_ack_pending > 0 || present.delivered.stream_seq > state.last_seq) {
    suspectsUpTo = present.num_ack_pending > 0 ? present.delivered.stream_seq : 0;
    const start = Math.min(present.ack_floor.stream_seq, state.last_seq) + 1;
    await manager.consumers.delete(stream, durable);
    await manager.consumers.add(stream, {
      ...config,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: start,
    });
  }
  return { source: await client.consumers.get(stream, durable), suspectsUpTo };
}
