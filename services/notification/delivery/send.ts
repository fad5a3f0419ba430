import { Channel, type Platform, Priority } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import type { EmailChannel } from '../channels/email.ts';
import type { Outcome } from '../channels/outcome.ts';
import type { PushChannel } from '../channels/push.ts';
import type { WhatsAppChannel } from '../channels/whatsapp.ts';
import type { ContactLoader, Reach } from '../contacts/loader.ts';
import { EMAIL, PHONE } from '../contacts/personal-data.ts';
import type { Claimed } from '../store/queue.ts';
import { mailOf } from '../templates/email.ts';
import { pushMessage } from '../templates/push.ts';
import { whatsappTemplate } from '../templates/whatsapp.ts';
import { languageOf } from '../templates/words.ts';
import { toProvider } from './metrics.ts';

export interface Channels {
  readonly push: PushChannel;
  readonly whatsapp: WhatsAppChannel;
  readonly email: EmailChannel;
}

export interface SendContext {
  readonly channels: Channels;
  readonly contacts: ContactLoader;
  readonly personalData: PersonalData;
  readonly maxAttempts: number;
}

/** Makes one attempt at one delivery. */
export async function send(
  context: SendContext,
  priority: Priority,
  channel: Channel,
  item: Claimed,
): Promise<Outcome> {
  const now = new Date();
  if (item.expire_time && item.expire_time <= now) return { kind: 'skipped', error: 'EXPIRED' };
  if (item.attempts > context.maxAttempts) return { kind: 'failed', error: 'TOO_MANY_ATTEMPTS' };
  switch (channel) {
    case Channel.PUSH:
      return await sendPush(context, priority, item, now);
    case Channel.WHATSAPP:
      return await withReach(context, item, (reach) => sendWhatsApp(context, item, reach));
    case Channel.EMAIL:
      return await withReach(context, item, (reach) => sendEmail(context, item, reach));
    default:
      return { kind: 'failed', error: `NO_CHANNEL ${channel}` };
  }
}

async function sendPush({ channels }: SendContext, priority: Priority, item: Claimed, now: Date): Promise<Outcome> {
  if (item.token === null) return { kind: 'skipped', error: 'NO_DEVICE' };
  const message = pushMessage({
    notificationId: item.notification_id,
    emergencyId: item.emergency_id,
    content: item.content,
    critical: priority === Priority.CRITICAL,
    platform: item.platform as Platform,
    language: languageOf(item.locale ?? 0),
    now,
    expireTime: item.expire_time,
  });
  const { token } = item;
  return await toProvider('fcm', item.emergency_id, () => channels.push.send(token, message));
}

async function sendWhatsApp({ channels }: SendContext, item: Claimed, reach: Reach): Promise<Outcome> {
  if (reach.phone === '') return { kind: 'skipped', error: 'NO_PHONE' };
  const template = whatsappTemplate(item.content, item.emergency_id, languageOf(reach.locale));
  if (!template) return { kind: 'failed', error: `NO_TEMPLATE ${item.content.kind}` };
  return await toProvider('whatsapp', item.emergency_id, () => channels.whatsapp.send(reach.phone, template, item.id));
}

async function sendEmail({ channels }: SendContext, item: Claimed, reach: Reach): Promise<Outcome> {
  if (reach.email === '') return { kind: 'skipped', error: 'NO_EMAIL' };
  const mail = mailOf(item.content, item.emergency_id, reach.fullName, languageOf(reach.locale));
  return await toProvider('smtp', item.emergency_id, () => channels.email.send(reach.email, mail, item.id));
}

/** A contact that is not known yet is asked for; that auth does not answer is no reason to give up. */
async function withReach(
  { contacts, personalData }: SendContext,
  item: Claimed,
  act: (reach: Reach) => Promise<Outcome>,
): Promise<Outcome> {
  let reach = knownReach(personalData, item);
  if (!reach) {
    try {
      reach = await contacts.load(item.user_id);
    } catch (error) {
      return { kind: 'retry', error: `CONTACT_UNAVAILABLE: ${(error as Error).message}` };
    }
  }
  return reach ? await act(reach) : { kind: 'skipped', error: 'NO_CONTACT' };
}

function knownReach(personalData: PersonalData, item: Claimed): Reach | undefined {
  const { user_id, contact_active, contact_fetched, email_sealed, phone_sealed, full_name, locale } = item;
  if (contact_active === null || (contact_active && !contact_fetched)) return undefined;
  return {
    email: email_sealed ? personalData.open(EMAIL, user_id, email_sealed) : '',
    phone: phone_sealed ? personalData.open(PHONE, user_id, phone_sealed) : '',
    fullName: full_name ?? '',
    locale: locale ?? 0,
  };
}
