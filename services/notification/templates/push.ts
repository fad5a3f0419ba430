import { Platform } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { BaseMessage } from 'firebase-admin/messaging';
import type { Content } from '../alerts/alert.ts';
import { textOf } from './texts.ts';
import { type Language, roundDistance } from './words.ts';

export interface PushInput {
  readonly notificationId: string;
  readonly emergencyId: string | null;
  readonly content: Content;
  readonly critical: boolean;
  readonly platform: Platform;
  readonly language: Language;
  readonly now: Date;
  /** When the message loses its meaning. */
  readonly expireTime: Date | null;
}

const CRITICAL_TTL_MS = 3_600_000;
const NORMAL_TTL_MS = 86_400_000;

/** Android's notification channels, which the app creates; the critical one is of high importance and breaks through silence. */
const CHANNEL_CRITICAL = 'emergency';
const CHANNEL_NORMAL = 'updates';

/** The message without its token: what a phone may know of an emergency before its owner has accepted, and nothing more. */
export function pushMessage(input: PushInput): BaseMessage {
  const ttlMs = remainingMs(input);
  const silent = input.content.kind === 'offer_closed';
  const tag = silent ? input.notificationId : tagOf(input);
  const message = { data: dataOf(input) };
  switch (input.platform) {
    case Platform.IOS:
      return { ...message, apns: silent ? silentApns(tag) : apns(input, tag, ttlMs) };
    case Platform.WEB:
      return { ...message, webpush: webpush(input, tag, ttlMs, silent) };
    default:
      return { ...message, android: android(input, tag, ttlMs, silent) };
  }
}

/** A message with the tag of a shown one takes its place, so that sending again after a crash shows nothing twice. */
function tagOf({ content, notificationId }: PushInput): string {
  return 'offerId' in content ? `offer-${content.offerId}` : notificationId;
}

function remainingMs({ expireTime, critical, now }: PushInput): number {
  if (expireTime) return Math.max(0, expireTime.getTime() - now.getTime());
  return critical ? CRITICAL_TTL_MS : NORMAL_TTL_MS;
}

function dataOf(input: PushInput): Record<string, string> {
  const { content, notificationId, emergencyId, expireTime, language } = input;
  return {
    type: content.kind,
    notification_id: notificationId,
    tag: tagOf(input),
    ...textOf(content, language),
    ...(emergencyId && { emergency_id: emergencyId }),
    ...(expireTime && { expire_time: expireTime.toISOString() }),
    ...('offerId' in content && { offer_id: content.offerId }),
    ...('severity' in content && { severity: content.severity }),
    ...('reason' in content && { reason: content.reason }),
    ...(content.kind === 'emergency_offer' && {
      distance_meters: String(roundDistance(content.distanceMeters)),
      area: content.area,
    }),
  };
}

function android(input: PushInput, tag: string, ttlMs: number, silent: boolean): NonNullable<BaseMessage['android']> {
  const { content, critical, language } = input;
  // No collapse key: FCM keeps only four of them for a phone that is offline.
  const base = { priority: critical ? 'high' : 'normal', ttl: ttlMs } as const;
  if (silent) return base;
  return {
    ...base,
    notification: {
      ...textOf(content, language),
      tag,
      channelId: critical ? CHANNEL_CRITICAL : CHANNEL_NORMAL,
      priority: critical ? 'max' : 'default',
    },
  };
}

function apns(input: PushInput, tag: string, ttlMs: number): NonNullable<BaseMessage['apns']> {
  const { critical, now } = input;
  return {
    headers: {
      'apns-push-type': 'alert',
      'apns-priority': critical ? '10' : '5',
      'apns-expiration': String(Math.ceil((now.getTime() + ttlMs) / 1_000)),
      'apns-collapse-id': tag,
    },
    payload: {
      aps: {
        alert: textOf(input.content, input.language),
        sound: 'default',
        'interruption-level': critical ? 'time-sensitive' : 'active',
      },
    },
  };
}

/** Wakes the app, which takes the alert off the screen by its tag. */
function silentApns(collapseId: string): NonNullable<BaseMessage['apns']> {
  return {
    headers: { 'apns-push-type': 'background', 'apns-priority': '5', 'apns-collapse-id': collapseId },
    payload: { aps: { contentAvailable: true } },
  };
}

function webpush(input: PushInput, tag: string, ttlMs: number, silent: boolean): NonNullable<BaseMessage['webpush']> {
  const headers = { Urgency: input.critical ? 'high' : 'normal', TTL: String(Math.ceil(ttlMs / 1_000)) };
  if (silent) return { headers };
  return {
    headers,
    notification: { ...textOf(input.content, input.language), tag, requireInteraction: input.critical },
  };
}
