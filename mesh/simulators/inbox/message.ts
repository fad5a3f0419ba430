export type Channel = 'push' | 'whatsapp' | 'email';
export type Decision = 'accept' | 'decline';

/** What one phone or mailbox shows: one alert, one WhatsApp bubble, one mail. */
export interface Message {
  readonly id: string;
  readonly channel: Channel;
  /** Push token, E.164 phone number or mail address. */
  readonly to: string;
  /** The phone a push token belongs to, when it is known. */
  readonly phone?: string;
  /** First arrival, RFC 3339 with milliseconds. */
  readonly receivedAt: string;
  /** How often this notification arrived; more than 1 is a duplicate that its recipient did or did not see. */
  deliveries: number;
  /** Times of those arrivals, the first 20. */
  readonly deliveredAt: string[];
  /** The message this one repeats, where the channel cannot replace (WhatsApp, mail). */
  readonly duplicateOf?: string;
  title: string;
  body: string;
  data: Record<string, unknown>;
  /** `shown`, and for WhatsApp `accepted`, `sent`, `delivered`, `read` or `failed`. */
  status: string;
  readonly buttons?: readonly Button[];
  /** What the person answered on it. */
  answer?: Decision;
  /** Milliseconds since the epoch, with a fraction that makes it unique and rising; moves with each arrival. */
  cursor: number;
}

export interface Button {
  readonly text: string;
  readonly payload: string;
}

/** What a provider hands over when a message reaches its recipient. */
export interface Arrival extends Pick<Message, 'id' | 'channel' | 'to' | 'title' | 'body' | 'data' | 'status'> {
  readonly phone?: string;
  readonly buttons?: readonly Button[];
  /** Equal keys for one recipient are one notification. */
  readonly key?: string;
  /** Whether a repeat takes the place of the shown one (Android's tag, APNs' collapse id). */
  readonly replaces?: boolean;
}
