import { randomUUIDv7 } from 'node:crypto';
import { type DescMessage, fromBinary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { event, type OutboxEvent } from '@kreki/runtime/events/outbox';
import { domainSubjects, streamOf, subjectOf } from '@kreki/runtime/events/subjects';
import { connect, headers } from 'nats';

export interface Events {
  /** Publishes an event as another service's relay would. */
  publish<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>, about: string): Promise<OutboxEvent>;
  /** Publishes the same event once more, past the broker's own search for duplicates. */
  repeat(event: OutboxEvent): Promise<void>;
  /** Every event of a type published so far by the service under test. */
  published<Desc extends DescMessage>(schema: Desc): Promise<MessageShape<Desc>[]>;
  stop(): Promise<void>;
}

export async function openEvents(url: string): Promise<Events> {
  const connection = await connect({ servers: url });
  const manager = await connection.jetstreamManager();
  for (const domain of ['auth', 'emergency', 'notification']) {
    await manager.streams.add({ name: streamOf(domain), subjects: [domainSubjects(domain)] });
  }
  const stream = connection.jetstream();
  const send = async (sent: OutboxEvent, messageId: string) => {
    const attributes = headers();
    for (const [name, value] of Object.entries(sent.headers)) attributes.set(name, value);
    await stream.publish(sent.subject, sent.payload, { msgID: messageId, headers: attributes });
  };
  return {
    async publish(schema, message, about) {
      const made = event(schema, message, about);
      await send(made, made.id);
      return made;
    },
    repeat: (sent) => send(sent, randomUUIDv7()),
    async published(schema) {
      const consumer = await stream.consumers.get(streamOf('notification'), { filterSubjects: subjectOf(schema) });
      const messages: MessageShape<typeof schema>[] = [];
      const batch = await consumer.fetch({ max_messages: 1_000, expires: 1_000 });
      for await (const message of batch) messages.push(fromBinary(schema, message.data));
      return messages;
    },
    stop: () => connection.close(),
  };
}
