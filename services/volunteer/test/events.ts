import { type DescMessage, fromBinary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { event } from '@kreki/runtime/events/outbox';
import { domainSubjects, streamOf, subjectOf } from '@kreki/runtime/events/subjects';
import { connect, headers } from 'nats';

/** The bus as the domains beside this one see it. */
export interface Events {
  /** Publishes an event of the emergency domain, as its relay would. */
  publish<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>, about: string): Promise<void>;
  /** Events of a type that this service has published so far. */
  published<Desc extends DescMessage>(schema: Desc): Promise<MessageShape<Desc>[]>;
  stop(): Promise<void>;
}

export async function openEvents(url: string): Promise<Events> {
  const connection = await connect({ servers: url });
  const manager = await connection.jetstreamManager();
  await manager.streams.add({ name: streamOf('emergency'), subjects: [domainSubjects('emergency')] });
  const stream = connection.jetstream();
  return {
    async publish(schema, message, about) {
      const { id, subject, payload, headers: attributes } = event(schema, message, about);
      const sent = headers();
      for (const [name, value] of Object.entries(attributes)) sent.set(name, value);
      await stream.publish(subject, payload, { msgID: id, headers: sent });
    },
    async published(schema) {
      const consumer = await stream.consumers.get(streamOf('volunteer'), { filterSubjects: subjectOf(schema) });
      const messages: MessageShape<typeof schema>[] = [];
      for await (const message of await consumer.fetch({ max_messages: 1_000, expires: 1_000 })) {
        messages.push(fromBinary(schema, message.data));
      }
      return messages;
    },
    stop: () => connection.close(),
  };
}
