import { type DescMessage, fromBinary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { event } from '@kreki/runtime/events/outbox';
import { domainSubjects, streamOf, subjectOf } from '@kreki/runtime/events/subjects';
import { connect, headers } from 'nats';

/** The bus as the domains beside this one see it. */
export interface Events {
  /** Publishes an event of the notification domain, as its relay would; the returned function publishes the same one again. */
  publish<Desc extends DescMessage>(
    schema: Desc,
    message: MessageInitShape<Desc>,
    about: string,
  ): Promise<() => Promise<void>>;
  /** Events of a type that this service has published so far about one emergency. */
  about<Desc extends DescMessage>(schema: Desc, emergencyId: string): Promise<MessageShape<Desc>[]>;
  stop(): Promise<void>;
}

export async function openEvents(url: string): Promise<Events> {
  const connection = await connect({ servers: url });
  const manager = await connection.jetstreamManager();
  await manager.streams.add({ name: streamOf('notification'), subjects: [domainSubjects('notification')] });
  const stream = connection.jetstream();
  return {
    async publish(schema, message, about) {
      const made = event(schema, message, about);
      const sent = headers();
      for (const [name, value] of Object.entries(made.headers)) sent.set(name, value);
      // Without a message id the broker lets a repeat through, as it does after its window for duplicates.
      const publish = async () => void (await stream.publish(made.subject, made.payload, { headers: sent }));
      await publish();
      return publish;
    },
    async about(schema, emergencyId) {
      // The service makes its stream in the background; before that it has published nothing.
      const names = await manager.streams.names(domainSubjects('emergency')).next();
      if (names.length === 0) return [];
      const consumer = await stream.consumers.get(streamOf('emergency'));
      const messages: MessageShape<typeof schema>[] = [];
      for await (const message of await consumer.fetch({ max_messages: 1_000, expires: 1_000 })) {
        const wanted = message.subject === subjectOf(schema) && message.headers?.get('ce-subject') === emergencyId;
        if (wanted) messages.push(fromBinary(schema, message.data));
        if (message.info.pending === 0) break;
      }
      return messages;
    },
    stop: () => connection.close(),
  };
}
