import assert from 'node:assert/strict';
import { createHmac, randomUUIDv7 } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { OfferAnsweredSchema } from '@kreki/gen/kreki/notification/v1/notification_events_pb.js';
import { DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { reasonOf } from '@kreki/runtime/errors';
import { offerTo } from './offers.ts';
import { until, type World, whatsapp, world } from './world.ts';

describe('the WhatsApp webhook', () => {
  let here: World;
  before(async () => {
    here = await world('notification_webhook');
  });
  after(() => here.mesh.stop());

  const tell = async (value: object, secret = whatsapp.appSecret) => {
    const body = { object: 'whatsapp_business_account', entry: [{ id: '1', changes: [{ field: 'messages', value }] }] };
    const data = Buffer.from(JSON.stringify(body));
    const signature = createHmac('sha256', secret).update(data).digest('hex');
    const headers = { 'x-hub-signature-256': `sha256=${signature}` };
    await (await here.client()).receiveWhatsAppWebhook(
      { body: { contentType: 'application/json', data } },
      { headers },
    );
  };
  const whatsappOf = async (userId: string) => {
    const { rows } = await here.pool.query('SELECT * FROM delivery WHERE user_id = $1 AND channel = 2', [userId]);
    return rows[0];
  };
  const offered = async () => {
    const ani = await here.somebody();
    const offer = await offerTo(here, ani.userId);
    await until(async () => (await whatsappOf(ani.userId))?.status === DeliveryStatus.DELIVERED);
    const [message] = await here.messages(ani.phone);
    return { ...ani, ...offer, delivery: await whatsappOf(ani.userId), wamid: message?.id };
  };
  const answersTo = async (emergencyId: string) =>
    (await here.events.published(OfferAnsweredSchema)).filter((one) => one.emergencyId === emergencyId);

  it('answers the handshake with its challenge when the token is ours', async () => {
    const client = await here.client();
    const hub = { mode: 'subscribe', verifyToken: whatsapp.verifyToken, challenge: '1158201444' };
    const { body } = await client.verifyWhatsAppWebhook({ hub });
    assert.equal(Buffer.from(body?.data ?? []).toString(), '1158201444');
    await assert.rejects(client.verifyWhatsAppWebhook({ hub: { ...hub, verifyToken: 'guessed' } }), {
      code: Code.PermissionDenied,
    });
  });

  it('refuses a body that is not signed with our secret', async () => {
    for (const secret of ['wrong', '']) {
      await assert.rejects(tell({}, secret), (error) => {
        assert.equal(ConnectError.from(error).code, Code.Unauthenticated);
        assert.equal(reasonOf(error), 'BAD_SIGNATURE');
        return true;
      });
    }
  });

  it('statuses only ever go forward, in whatever order and however often they come', async () => {
    const { userId, delivery, wamid } = await offered();
    const status = (name: string) => ({
      id: wamid,
      status: name,
      timestamp: String(Math.floor(Date.now() / 1_000)),
      biz_opaque_callback_data: delivery.id,
    });
    await tell({ statuses: [status('read'), status('sent')] });
    assert.equal((await whatsappOf(userId)).status, DeliveryStatus.READ);
    await tell({ statuses: [status('delivered'), status('read'), status('delivered')] });
    await tell({ statuses: [{ ...status('failed'), errors: [{ code: 131026, title: 'Message undeliverable' }] }] });
    const after = await whatsappOf(userId);
    assert.equal(after.status, DeliveryStatus.READ);
    assert.equal(after.error, '');
    assert.ok(after.read_time && after.deliver_time && after.send_time);
  });

  it('a failure that passes queues the message again, once; one that stays is final', async () => {
    const [passing, staying] = [await here.somebody(), await here.somebody()];
    const later = { provider: 'whatsapp', times: 1, via: 'webhook' };
    await here.simulate('/control', { ...later, target: passing.phone, fault: 131000 });
    await here.simulate('/control', { ...later, target: staying.phone, fault: 131026 });
    await offerTo(here, passing.userId);
    await offerTo(here, staying.userId);
    await until(async () => (await whatsappOf(passing.userId))?.status === DeliveryStatus.DELIVERED);
    assert.equal((await whatsappOf(passing.userId)).attempts, 2);
    await until(async () => (await whatsappOf(staying.userId))?.status === DeliveryStatus.FAILED);
    assert.match((await whatsappOf(staying.userId)).error, /^131026/);
  });

  it('what WhatsApp says of a failure is kept without the number that it repeats', async () => {
    const ani = await here.somebody();
    await here.simulate('/control', {
      provider: 'whatsapp',
      times: 1,
      target: ani.phone,
      fault: 'slow',
      delayMs: 60_000,
    });
    await offerTo(here, ani.userId);
    const { id } = await until(() => whatsappOf(ani.userId));
    const status = { id: `wamid.${randomUUIDv7()}`, status: 'failed', timestamp: '1', biz_opaque_callback_data: id };
    await tell({ statuses: [{ ...status, errors: [{ code: 131026, title: `${ani.phone} is no WhatsApp number` }] }] });
    assert.equal((await whatsappOf(ani.userId)).error, '131026: [number] is no WhatsApp number');
  });

  it('a tapped button becomes one OfferAnswered of whom the message was sent to', async () => {
    const { userId, emergencyId, wamid } = await offered();
    const tap = {
      from: '6281200000000',
      id: `wamid.${randomUUIDv7()}`,
      timestamp: String(Math.floor(Date.now() / 1_000)),
      context: { id: wamid },
      type: 'button',
      button: { payload: `decline:${emergencyId}`, text: 'Tolak' },
    };
    await tell({ messages: [tap, tap] });
    await tell({ messages: [tap] });
    const answers = await until(async () => {
      const found = await answersTo(emergencyId);
      return found.length > 0 && found;
    });
    assert.equal(answers.length, 1);
    assert.equal(answers[0]?.volunteerId, userId);
    assert.equal(answers[0]?.accepted, false);
  });

  it('a tap on the simulated phone arrives through the edge', async () => {
    const { phone, emergencyId } = await offered();
    await here.simulate(`/phones/${phone}/answer`, { decision: 'accept' });
    await until(async () => (await answersTo(emergencyId))[0]?.accepted);
  });

  it('a payload about another emergency than the message is passed over', async () => {
    const { wamid } = await offered();
    const other = randomUUIDv7();
    const tap = {
      id: `wamid.${randomUUIDv7()}`,
      timestamp: String(Math.floor(Date.now() / 1_000)),
      context: { id: wamid },
      button: { payload: `accept:${other}` },
    };
    await tell({ messages: [tap] });
    assert.equal((await answersTo(other)).length, 0);
  });

  it('a tap on a message that is not recorded yet is asked for again, an old one is not', async () => {
    const tap = (ageS: number) => ({
      id: `wamid.${randomUUIDv7()}`,
      timestamp: String(Math.floor(Date.now() / 1_000) - ageS),
      context: { id: 'wamid.unknown' },
      button: { payload: `accept:${randomUUIDv7()}` },
    });
    await assert.rejects(tell({ messages: [tap(0)] }), { code: Code.Unavailable });
    await tell({ messages: [tap(3_600)] });
  });
});
