import { DeliverySchema, DeviceSchema, NotificationSchema } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { PreferencesSchema } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { everyRow, type Holdings, json, type Section } from '@kreki/runtime/privacy/holdings';
import { EMAIL, PHONE } from '../contacts/personal-data.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import { deliveryMessage, deviceMessage, notificationMessage } from '../rpc/messages.ts';
import { deleteMessages, deleteReach, emptyContact } from '../store/personal-data.ts';

/** Everything here is about one person each: messages to them and ways to reach them. */
export const holdings = (prisma: PrismaClient, personalData: PersonalData): Holdings => ({
  sections: sections(prisma, personalData),
  erasure: [
    { columns: ['notification.user_id', 'delivery.user_id'], run: deleteMessages },
    { columns: ['device.user_id', 'preference.user_id'], run: deleteReach },
    { columns: [], run: emptyContact },
  ],
  kept: { 'contact.user_id': 'nothing but the id stays, so that a contact fetched meanwhile is not stored again' },
});

type Id = string | undefined;

/** Rows of one person behind an id, in the order of ids. */
const pageOf = (userId: string, after: Id, take: number) =>
  ({ where: { userId, ...(after && { id: { gt: after } }) }, orderBy: { id: 'asc' }, take }) as const;

const sections = (prisma: PrismaClient, personalData: PersonalData): Section[] => [
  {
    name: 'notification.contact',
    title: { id: 'Kontak Anda', en: 'Your contact' },
    columns: ['contact.user_id'],
    async *read(userId) {
      const contact = await prisma.contact.findUnique({ where: { userId } });
      if (contact)
        yield {
          active: contact.active,
          fetchTime: contact.fetchTime?.toISOString() ?? null,
          ...reachOf(contact, personalData),
        };
    },
  },
  {
    name: 'notification.preferences',
    title: { id: 'Preferensi notifikasi', en: 'Notification preferences' },
    columns: ['preference.user_id'],
    async *read(userId) {
      const preference = await prisma.preference.findUnique({ where: { userId } });
      if (!preference) return;
      const { mutedChannels, mutedTopics } = preference;
      yield json(PreferencesSchema, { mutedChannels, mutedTopics });
    },
  },
  {
    name: 'notification.device',
    title: { id: 'Perangkat', en: 'Devices' },
    columns: ['device.user_id'],
    async *read(userId) {
      for (const { createTime, lastSeenTime, ...device } of await prisma.device.findMany({ where: { userId } })) {
        yield json(DeviceSchema, deviceMessage({ ...device, create_time: createTime, last_seen_time: lastSeenTime }));
      }
    },
  },
  {
    name: 'notification.notification',
    title: { id: 'Notifikasi', en: 'Notifications' },
    columns: ['notification.user_id'],
    async *read(userId, language) {
      const rows = everyRow(
        (after: Id, take) => prisma.notification.findMany(pageOf(userId, after, take)),
        ({ id }) => id,
      );
      for await (const row of rows) yield json(NotificationSchema, notificationMessage(row, language));
    },
  },
  {
    name: 'notification.delivery',
    title: { id: 'Pengiriman notifikasi', en: 'Deliveries of notifications' },
    columns: ['delivery.user_id'],
    async *read(userId) {
      const rows = everyRow(
        (after: Id, take) => prisma.delivery.findMany(pageOf(userId, after, take)),
        ({ id }) => id,
      );
      for await (const row of rows) yield json(DeliverySchema, deliveryMessage(row));
    },
  },
];

type Contact = NonNullable<Awaited<ReturnType<PrismaClient['contact']['findUnique']>>>;

const reachOf = ({ userId, emailSealed, phoneSealed, fullName }: Contact, personalData: PersonalData) => ({
  email: emailSealed ? personalData.open(EMAIL, userId, emailSealed) : '',
  phone: phoneSealed ? personalData.open(PHONE, userId, phoneSealed) : '',
  fullName,
});
