import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Code } from '@connectrpc/connect';
import { EmergencyCompletedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { Channel, Platform, Topic } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { seed } from '../seed.ts';
import { offerTo } from './offers.ts';
import { until, type World, world } from './world.ts';

describe('NotificationService', () => {
  let here: World;
  before(async () => {
    here = await world('notification_rpc');
  });
  after(() => here.mesh.stop());

  it('registering a token again renews it; another person takes it over as a device of their own', async () => {
    const [ani, budi] = [randomUUIDv7(), randomUUIDv7()];
    const request = { token: `token-${ani}`, platform: Platform.ANDROID };
    const clientOfAni = await here.client({ userId: ani });
    const { device: first } = await clientOfAni.registerDevice(request);
    const { device: again } = await clientOfAni.registerDevice(request);
    assert.equal(again?.id, first?.id);
    const { device: taken } = await (await here.client({ userId: budi })).registerDevice(request);
    assert.notEqual(taken?.id, first?.id);
    const { rows } = await here.pool.query('SELECT user_id FROM device WHERE token = $1', [request.token]);
    assert.deepEqual(rows, [{ user_id: budi }]);
  });

  it('nobody removes a device of somebody else', async () => {
    const owner = await here.client({ userId: randomUUIDv7() });
    const { device } = await owner.registerDevice({ token: `token-${randomUUIDv7()}`, platform: Platform.IOS });
    const deviceId = device?.id ?? '';
    const count = async () => (await here.pool.query('SELECT 1 FROM device WHERE id = $1', [deviceId])).rowCount;
    await (await here.client({ userId: randomUUIDv7() })).unregisterDevice({ deviceId });
    assert.equal(await count(), 1);
    await owner.unregisterDevice({ deviceId });
    await owner.unregisterDevice({ deviceId });
    assert.equal(await count(), 0);
  });

  it('a person keeps the ten devices seen last', async () => {
    const userId = randomUUIDv7();
    const client = await here.client({ userId });
    for (let i = 0; i < 12; i++) await client.registerDevice({ token: `token-${userId}-${i}`, platform: Platform.WEB });
    const { rows } = await here.pool.query('SELECT token FROM device WHERE user_id = $1 ORDER BY last_seen_time', [
      userId,
    ]);
    assert.deepEqual([rows.length, rows[0].token], [10, `token-${userId}-2`]);
  });

  it('preferences are replaced as a whole', async () => {
    const client = await here.client({ userId: randomUUIDv7() });
    assert.deepEqual((await client.getPreferences({})).preferences?.mutedTopics, []);
    await client.updatePreferences({ preferences: { mutedChannels: [Channel.EMAIL], mutedTopics: [Topic.ACCOUNT] } });
    await client.updatePreferences({ preferences: { mutedTopics: [Topic.OFFER_CLOSED] } });
    const { preferences } = await client.getPreferences({});
    assert.deepEqual(preferences?.mutedChannels, []);
    assert.deepEqual(preferences?.mutedTopics, [Topic.OFFER_CLOSED]);
  });

  it('the inbox pages from the newest back, and marks what was read', async () => {
    const ani = await here.somebody({ device: false });
    const client = await here.client({ userId: ani.userId });
    for (let i = 0; i < 5; i++) {
      const emergencyId = randomUUIDv7();
      const completed = { emergencyId, requesterId: ani.userId, responderIds: [] };
      await here.events.publish(EmergencyCompletedSchema, completed, emergencyId);
    }
    await until(async () => (await client.listNotifications({})).notifications.length === 5);
    const seen: string[] = [];
    for (let pageToken = ''; ; ) {
      const page = await client.listNotifications({ pageSize: 2, pageToken });
      seen.push(...page.notifications.map((one) => one.id));
      pageToken = page.nextPageToken;
      if (!pageToken) break;
    }
    assert.deepEqual(seen, seen.toSorted().toReversed());
    assert.equal(new Set(seen).size, 5);
    const [newest = ''] = seen;
    await (await here.client({ userId: randomUUIDv7() })).markRead({ notificationIds: [newest] });
    assert.equal((await client.listNotifications({ unreadOnly: true })).notifications.length, 5);
    await client.markRead({ notificationIds: [newest] });
    assert.equal((await client.listNotifications({ unreadOnly: true })).notifications.length, 4);
    await assert.rejects(client.listNotifications({ pageToken: 'made-up' }), { code: Code.InvalidArgument });
  });

  it('deliveries are listed to those who may read them, by emergency and page by page', async () => {
    const ani = await here.somebody();
    const { emergencyId } = await offerTo(here, ani.userId);
    await assert.rejects((await here.client({ userId: ani.userId })).listDeliveries({ emergencyId }), {
      code: Code.PermissionDenied,
    });
    const dispatcher = await here.client({ role: 'dispatcher', permissions: ['deliveries:read'] });
    await until(async () => (await dispatcher.listDeliveries({ emergencyId })).deliveries.length === 2);
    const first = await dispatcher.listDeliveries({ emergencyId, pageSize: 1 });
    const second = await dispatcher.listDeliveries({ emergencyId, pageSize: 1, pageToken: first.nextPageToken });
    const channels = [...first.deliveries, ...second.deliveries].map((one) => one.channel);
    assert.deepEqual(channels.toSorted(), [Channel.PUSH, Channel.WHATSAPP]);
    assert.equal(second.nextPageToken, '');
  });

  it('the roster is seeded twice as once', async () => {
    const people = Array.from({ length: 50 }, (_, i) => ({
      id: randomUUIDv7(),
      email: `roster-${i}@example.id`,
      phone: `+62813${10_000_000 + i}`,
      fullName: `Relawan ${i}`,
      role: 'volunteer',
      locale: 'id' as const,
      pushToken: `sim:62813${10_000_000 + i}:test`,
    }));
    for (let i = 0; i < 2; i++) await seed(here.pool, { people }, here.env);
    const [first] = people;
    await offerTo(here, first?.id ?? '');
    await until(async () => (await here.messages(first?.pushToken ?? '')).length === 1);
    const calls = here.directory.calls;
    await until(async () => (await here.messages(first?.phone ?? '')).some((one) => one.channel === 'whatsapp'));
    assert.equal(here.directory.calls, calls);
  });
});
