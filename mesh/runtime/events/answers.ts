import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from 'nats';

/** Publishes what JetStream is to answer. */
export interface Answers {
  /** Publishes a message; the result forgets that an answer was waited for. */
  ask(subject: string, payload: Uint8Array, headers: MsgHdrs, answered: (answer: Msg) => void): () => void;
}

/**
 * One inbox for all answers of a connection, heard again after each reconnecting. A request of nats.js costs several times as much: it has a
 * timer, a random token and promises of its own.
 */
export function openAnswers(connection: NatsConnection, inboxPrefix: string): Answers {
  const inbox = `${createInbox(inboxPrefix)}.`;
  const waiting = new Map<string, (answer: Msg) => void>();
  let asked = 0;
  connection.subscribe(`${inbox}*`, {
    callback: (error, answer) => {
      if (error) return;
      const answered = waiting.get(answer.subject);
      waiting.delete(answer.subject);
      answered?.(answer);
    },
  });
  return {
    ask(subject, payload, headers, answered) {
      const reply = `${inbox}${asked++}`;
      waiting.set(reply, answered);
      connection.publish(subject, payload, { headers, reply });
      return () => void waiting.delete(reply);
    },
  };
}
