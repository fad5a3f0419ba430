import type { JsMsg } from 'nats';

/** An event as a consumer is given it, with the headers that are asked for again and again read once. */
export interface Delivered {
  readonly message: JsMsg;
  readonly headers: Readonly<Record<string, string>>;
  /** UUID of the event, unless it is something else that was published. */
  readonly id: string;
  /** Empty when it does not say. */
  readonly aggregateId: string;
}

export function delivered(message: JsMsg): Delivered {
  const headers: Record<string, string> = {};
  for (const [name, [value]] of message.headers ?? []) headers[name] = value ?? '';
  return { message, headers, id: headers['ce-id'] ?? '', aggregateId: headers['ce-subject'] ?? '' };
}
