import { type Check, each } from '../check.ts';

/** Nothing waits any more: neither in an outbox, nor for a consumer, nor at a provider. */
export const queuesDrained: Check = {
  promise: 'outboxes, consumers and queues are drained',
  run({ outboxes, consumers, phones }) {
    const waiting = [
      ...Object.entries(outboxes).map(([name, { waiting }]) => ({ name: `outbox of ${name}`, count: waiting })),
      ...consumers.map(({ durable, pending, unacknowledged }) => ({ name: durable, count: pending + unacknowledged })),
      { name: "webhooks of WhatsApp's", count: phones.webhooksWaiting },
    ];
    return each(waiting, ({ name, count }) => (count > 0 ? `${name}: ${count} wait` : undefined));
  },
};

/** What is marked as published is in the stream, at the place that was noted. */
export const publishedIsInStream: Check = {
  promise: 'what was published is in the stream',
  run({ outboxes, streams }) {
    const rows = Object.entries(outboxes).flatMap(([domain, outbox]) => {
      const events = streams[domain as keyof typeof streams];
      const places = new Map(events.map(({ id, seq }) => [id, seq]));
      return outbox.rows
        .filter(({ streamSeq }) => streamSeq !== null)
        .map((row) => ({ ...row, domain, place: places.get(row.id) }));
    });
    const found = each(
      rows,
      ({ id, domain, place, streamSeq }) =>
        place === undefined
          ? `${domain} event ${id} was published as ${streamSeq} and is not in the stream`
          : undefined,
      ({ aggregateId }) => aggregateId,
    );
    const total = Object.values(streams).flat();
    const repeated = total.length - new Set(total.map(({ id }) => id)).size;
    return { ...found, note: repeated > 0 ? `${repeated} events twice in a stream, handled once` : undefined };
  },
};

export const noDeadLetters: Check = {
  promise: 'no event was given up',
  run: ({ deadLetters, streams }) => ({
    ...each(
      deadLetters,
      ({ durable, subject, reason }) => `${durable} gave up ${subject}: ${reason}`,
      ({ aggregateId }) => aggregateId,
    ),
    checked: Object.values(streams).flat().length,
  }),
};
