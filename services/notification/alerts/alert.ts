import type { Channel, Priority, Topic } from '@kreki/gen/kreki/notification/v1/notification_pb.js';

export type SeverityWord = 'critical' | 'urgent' | 'normal';

/** What a notification says, free of any language; kept with it and rendered when it is shown or sent. */
export type Content =
  | {
      readonly kind: 'emergency_offer';
      readonly offerId: string;
      readonly severity: SeverityWord;
      readonly distanceMeters: number;
      readonly area: string;
    }
  | { readonly kind: 'offer_closed'; readonly offerId: string; readonly reason: 'expired' | 'withdrawn' }
  | { readonly kind: 'responder_accepted' }
  | { readonly kind: 'responder_arrived' }
  | { readonly kind: 'emergency_escalated'; readonly severity: SeverityWord; readonly regency: string }
  | { readonly kind: 'emergency_completed' }
  | { readonly kind: 'emergency_cancelled' }
  | { readonly kind: 'welcome' };

export type ContentOf<Kind extends Content['kind']> = Extract<Content, { kind: Kind }>;

/** Who is to be told, and what. */
export interface AlertRecipient {
  /** UUID of the person. */
  readonly userId: string;
  readonly content: Content;
}

/** Who is to be told what, over which channels, because of one event. */
export interface Alert {
  readonly topic: Topic;
  readonly priority: Priority;
  readonly channels: readonly Channel[];
  /** Each person once. */
  readonly recipients: readonly AlertRecipient[];
  readonly emergencyId?: string;
  /** After this it is not sent any more. */
  readonly expireTime?: Date;
}
