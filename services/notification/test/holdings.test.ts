import assert from 'node:assert/strict';
import { createHmac, randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import { OfferAnsweredSchema } from '@kreki/gen/kreki/notification/v1/notification_events_pb.js';
import { Channel, DeliveryStatus, Topic } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { assertAllNamed, exported, rowsOf, tracesOf } from '@kreki/runtime/testing/holdings';
import type { PrismaClient } from '../prisma/generated/client.ts';
import { holdings } from '../privacy/holdings.ts';
import { offerTo } from './offers.ts';
import { until, type World, whatsapp, world } from './world.ts';

let here: World;
before(async () => {
  here = await world('notification_holdings');
});
after(() => here?.mesh.stop());

const held = holdings({} as PrismaClient, {} as PersonalData);

const whatsappOf = async (userId: string) =>
  (await here.pool.query('SELECT * FROM delivery WHERE user_id = $1 AND channel = 2', [userId])).rows[0];

/** Somebody who was asked to come, by push and WhatsApp, and muted something. */
async function everything() {
  const ani = await here.somebody({ locale: Locale.EN });
  const preferences = { mutedTopics: [Topic.ACCOUNT], mutedChannels: [Channel.EMAIL] };
  await (await here.client({ userId: ani.userId })).updatePreferences({ preferences });
  const offer = await offerTo(here, ani.userId);
  await until(async () => (await whatsappOf(ani.userId))?.status === DeliveryStatus.DELIVERED);
  await until(async () => (await here.messages(ani.token)).length > 0);
  const bubble = (await here.messages(ani.phone)).find(({ channel }) => channel === 'whatsapp');
  const { provider_id: messageName } = await whatsappOf(ani.userId);
  return { ...ani, ...offer, wamid: bubble?.id ?? '', messageName: String(messageName) };
}

test('every column that names a person is exported and erased', async () => {
  await assertAllNamed(here.pool, held, [
    'delivery.device_id',
    'delivery.emergency_id',
    'delivery.id',
    'delivery.notification_id',
    'device.id',
    'notification.emergency_id',
    'notification.id',
    'notification.source_event_id',
  ]);
});

test('the export has everything that is held of a person, in their language', async () => {
  const ani = await everything();
  for (const [column, count] of Object.entries(await rowsOf(here.pool, held, ani.userId))) {
    assert.ok(count > 0, `the test leaves ${column} empty`);
  }
  const client = await here.holdings();
  const sections = await exported(client, ani.userId, Locale.EN);
  const { phone, email } = ani;
  assert.partialDeepStrictEqual(sections['notification.contact'], [{ phone, email, active: true }]);
  assert.deepEqual(sections['notification.preferences'], [
    { mutedChannels: ['CHANNEL_EMAIL'], mutedTopics: ['TOPIC_ACCOUNT'] },
  ]);
  assert.match(JSON.stringify(sections['notification.notification']), /Critical/);
  assert.equal(sections['notification.delivery']?.length, 2);
  assert.partialDeepStrictEqual(sections['notification.device'], [{ platform: 'PLATFORM_ANDROID' }]);
  assert.match(JSON.stringify(await exported(client, ani.userId)), /Kritis/);
});

test('after the erasure nothing leads to the person, nothing reaches them, and what they answer is ignored', async () => {
  const ani = await everything();
  const other = await everything();
  const received = [(await here.messages(ani.token)).length, (await here.messages(ani.phone)).length];
  const client = await here.holdings();
  await client.erase({ userId: ani.userId });
  await client.erase({ userId: ani.userId });
  assert.deepEqual(await tracesOf(here.pool, [ani.phone, ani.email, ani.token, ani.messageName]), []);
  assert.deepEqual(await tracesOf(here.pool, [ani.userId]), ['contact']);
  assert.equal((await here.pool.query('SELECT FROM device WHERE user_id = $1', [other.userId])).rowCount, 1);

  // An offer made before the erasure comes late; that to somebody else after it shows that it has been handled.
  const { emergencyId } = await offerTo(here, ani.userId);
  await offerTo(here, other.userId, { emergencyId });
  await until(async () => (await here.messages(other.token)).length > 1);
  await until(async () => {
    const { rows } = await here.pool.query('SELECT status FROM delivery WHERE user_id = $1', [ani.userId]);
    return rows.length === 2 && rows.every(({ status }) => status === DeliveryStatus.SKIPPED);
  });
  assert.deepEqual([(await here.messages(ani.token)).length, (await here.messages(ani.phone)).length], received);
  await client.erase({ userId: ani.userId });
  assert.deepEqual(await tracesOf(here.pool, [ani.userId]), ['contact']);

  const tap = {
    id: `wamid.${randomUUIDv7()}`,
    timestamp: String(Math.floor(Date.now() / 1_000) - 120),
    context: { id: ani.wamid },
    button: { payload: `accept:${ani.emergencyId}` },
  };
  const value = { messages: [tap] };
  const data = Buffer.from(JSON.stringify({ entry: [{ id: '1', changes: [{ field: 'messages', value }] }] }));
  const signature = createHmac('sha256', whatsapp.appSecret).update(data).digest('hex');
  const headers = { 'x-hub-signature-256': `sha256=${signature}` };
  await (await here.client()).receiveWhatsAppWebhook({ body: { contentType: 'application/json', data } }, { headers });
  const answers = await here.events.published(OfferAnsweredSchema);
  assert.deepEqual(
    answers.filter((answer) => answer.volunteerId === ani.userId),
    [],
  );
});
