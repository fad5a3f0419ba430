import type { OutboxEvent } from '@kreki/runtime/events/outbox';
import { AckPolicy, connect, headers, StorageType } from 'nats';

const STREAM = 'BENCH_bare';
const SUBJECT = 'bench.bare';
/** Publications under way, beyond which more did not go faster. */
const AT_ONCE = 256;

/** JetStream with the client alone: published with headers to a file, read by a durable, each acknowledged. */
export async function openBare(url: string) {
  const connection = await connect({ servers: url, noAsyncTraces: true });
  const manager = await connection.jetstreamManager();
  await manager.streams.add({ name: STREAM, subjects: [SUBJECT], storage: StorageType.File });
  await manager.consumers.add(STREAM, {
    durable_name: 'bench',
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: 5_000,
  });
  const jetstream = connection.jetstream();
  const messages = await (await jetstream.consumers.get(STREAM, 'bench')).consume({ max_messages: 1_000 });
  let handled = 0;
  let reached = () => {};
  let until = 0;
  const reading = (async () => {
    for await (const message of messages) {
      message.ack();
      handled += 1;
      if (handled === until) reached();
    }
  })();
  return {
    /** @returns seconds from the first publication to the last acknowledgement */
    async drain(events: readonly OutboxEvent[]): Promise<number> {
      until = handled + events.length;
      const all = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const startMs = performance.now();
      let next = 0;
      const publisher = async () => {
        for (let each = events[next++]; each; each = events[next++]) {
          const own = headers();
          for (const [name, value] of Object.entries(each.headers)) own.set(name, value);
          await jetstream.publish(SUBJECT, each.payload, { headers: own, msgID: each.id });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, publisher));
      await all;
      await connection.flush();
      return (performance.now() - startMs) / 1_000;
    },
    async stop() {
      messages.stop();
      await reading;
      await connection.close();
    },
  };
}
