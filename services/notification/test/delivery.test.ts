import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Channel, DeliveryStatus, Priority, Topic } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { offerTo } from './offers.ts';
import { until, type World, world } from './world.ts';

describe('how deliveries fare', () => {
  let here: World;
  before(async () => {
    here = await world('notification_delivery', { DELIVERY_LEASE: '2s', WHATSAPP_MESSAGES_PER_SECOND: '500' });
  });
  after(() => here.mesh.stop());

  const deliveriesOf = async (userId: string) => {
    const { rows } = await here.pool.query('SELECT * FROM delivery WHERE user_id = $1 ORDER BY channel', [userId]);
    return rows;
  };
  const fault = (provider: string, target: string, name: string | number, times = 1) =>
    here.simulate('/control', { provider, target, fault: name, times });

  it('a token that is registered no longer is forgotten, and its delivery fails', async () => {
    const ani = await here.somebody();
    await fault('fcm', ani.token, 'unregistered');
    await offerTo(here, ani.userId);
    const [push] = await until(async () => {
      const rows = await deliveriesOf(ani.userId);
      return rows[0]?.status === DeliveryStatus.FAILED && rows;
    });
    assert.match(push.error, /registration-token-not-registered/);
    const { rowCount } = await here.pool.query('SELECT 1 FROM device WHERE user_id = $1', [ani.userId]);
    assert.equal(rowCount, 0);
  });

  it('errors that pass are tried again', async () => {
    const ani = await here.somebody();
    await fault('fcm', ani.token, 'internal', 2);
    await fault('whatsapp', ani.phone, 131000, 2);
    await offerTo(here, ani.userId);
    await until(async () => (await here.messages(ani.token)).length === 1);
    await until(async () => (await here.messages(ani.phone)).some((one) => one.channel === 'whatsapp'));
    await until(async () => (await deliveriesOf(ani.userId)).every((row) => row.status >= DeliveryStatus.SENT));
    assert.deepEqual(
      (await deliveriesOf(ani.userId)).map((row) => row.attempts),
      [3, 3],
    );
  });

  it('an error that stays is not tried again', async () => {
    const ani = await here.somebody();
    await fault('whatsapp', ani.phone, 131026);
    await offerTo(here, ani.userId);
    const rows = await until(async () => {
      const found = await deliveriesOf(ani.userId);
      return found[1]?.status === DeliveryStatus.FAILED && found;
    });
    assert.equal(rows[1].attempts, 1);
    assert.match(rows[1].error, /^131026/);
  });

  it('a connection cut in the middle waits for WhatsApp to say whether it was sent', async () => {
    const ani = await here.somebody();
    await fault('whatsapp', ani.phone, 'reset');
    await offerTo(here, ani.userId);
    await until(async () => (await deliveriesOf(ani.userId))[1]?.error);
    assert.equal((await deliveriesOf(ani.userId))[1]?.status, DeliveryStatus.SENDING);
    await until(async () => (await here.messages(ani.phone)).some((one) => one.channel === 'whatsapp'));
  });

  it('a person nobody knows yet is looked up when the message goes out, and auth may be away for a while', async () => {
    here.directory.down = true;
    const ani = await here.somebody();
    await offerTo(here, ani.userId);
    await until(async () => (await here.messages(ani.token)).length === 1);
    await until(async () => /CONTACT_UNAVAILABLE/.test((await deliveriesOf(ani.userId))[1]?.error ?? ''));
    here.directory.down = false;
    await until(async () => (await here.messages(ani.phone)).some((one) => one.channel === 'whatsapp'));
  });

  it('a backlog of 2,000 normal messages does not delay a critical one', async () => {
    const crowd = await here.somebody();
    const contents = JSON.stringify({ kind: 'emergency_completed' });
    for (const channel of [Channel.PUSH, Channel.WHATSAPP]) {
      await here.pool.query(
        `WITH made AS (
           INSERT INTO notification (id, user_id, source_event_id, topic, priority, content)
           SELECT gen_random_uuid(), $1, gen_random_uuid(), ${Topic.EMERGENCY_PROGRESS}, ${Priority.NORMAL}, $2
           FROM generate_series(1, 1000) RETURNING id
         )
         INSERT INTO delivery (id, notification_id, user_id, channel, device_id, priority, status)
         SELECT gen_random_uuid(), made.id, $1, $3::smallint, (SELECT id FROM device WHERE user_id = $1 AND $3 = 1),
                ${Priority.NORMAL}, ${DeliveryStatus.QUEUED} FROM made`,
        [crowd.userId, contents, channel],
      );
    }
    await here.simulate('/control', { provider: 'fcm', target: crowd.token, fault: 'slow', delayMs: 200 });
    await until(async () => (await here.messages(crowd.token)).length > 0);
    const ani = await here.somebody();
    const startMs = Date.now();
    await offerTo(here, ani.userId);
    await until(async () => (await here.messages(ani.token)).length === 1);
    await until(async () => (await here.messages(ani.phone)).some((one) => one.channel === 'whatsapp'));
    const tookMs = Date.now() - startMs;
    const waiting = await here.pool.query(
      'SELECT count(*)::int AS count FROM delivery WHERE priority = 2 AND status = 1',
    );
    assert.ok(waiting.rows[0].count > 500, `the backlog was gone: ${waiting.rows[0].count} left`);
    assert.ok(tookMs < 1_500, `${tookMs} ms`);
    await here.pool.query('DELETE FROM delivery WHERE priority = 2');
  });

  it('a crash between sending and recording costs no second WhatsApp message once its status came', async () => {
    const ani = await here.somebody();
    const { emergencyId } = await offerTo(here, ani.userId);
    await until(async () => (await deliveriesOf(ani.userId))[1]?.status === DeliveryStatus.DELIVERED);
    const [push, sent] = await deliveriesOf(ani.userId);
    await here.service.stop();
    // As the crash would have left it: on its way, with the lease run out, and nothing known of how it ended.
    await here.pool.query(
      `UPDATE delivery SET status = 2, provider_id = NULL, due_time = now() - interval '1 second' WHERE user_id = $1`,
      [ani.userId],
    );
    await here.pool.query('DELETE FROM whatsapp_receipt WHERE wamid = $1', [sent.provider_id]);
    await here.service.start();
    // Meta says again what it could not say while the service was down: opening the phone makes it report that it was read.
    await here.simulate(`/phones/${ani.phone}/open`, { open: true });
    await until(async () => (await deliveriesOf(ani.userId))[1]?.status === DeliveryStatus.READ);
    const later = await here.somebody();
    await offerTo(here, later.userId, { emergencyId });
    await until(async () => (await deliveriesOf(ani.userId))[0]?.status === DeliveryStatus.SENT);
    await new Promise((done) => setTimeout(done, 2_500));
    const rows = await deliveriesOf(ani.userId);
    assert.equal(rows[1]?.attempts, sent.attempts);
    assert.equal(rows[1]?.provider_id, sent.provider_id);
    assert.equal((await here.messages(ani.phone)).filter((one) => one.channel === 'whatsapp').length, 1);
    // The push went out again, and took the place of the one on the phone.
    assert.equal(rows[0]?.attempts, push.attempts + 1);
    assert.equal((await here.messages(ani.token)).length, 1);
  });

  it('without any word of WhatsApp it is sent again when the lease is over', async () => {
    const ani = await here.somebody({ device: false });
    const notificationId = randomUUIDv7();
    const content = JSON.stringify({ kind: 'emergency_escalated', severity: 'critical', regency: 'Jakarta Pusat' });
    await here.pool.query(
      'INSERT INTO notification (id, user_id, source_event_id, topic, priority, content) VALUES ($1, $2, $1, 4, 1, $3)',
      [notificationId, ani.userId, content],
    );
    await here.pool.query(
      `INSERT INTO delivery (id, notification_id, user_id, channel, priority, status, attempts)
       VALUES ($1, $2, $3, 2, 1, 2, 1)`,
      [randomUUIDv7(), notificationId, ani.userId],
    );
    await until(async () => (await here.messages(ani.phone)).some((one) => one.channel === 'whatsapp'));
  });
});
