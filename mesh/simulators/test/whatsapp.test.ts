import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until, type World, whatsapp, world } from './harness.ts';

describe('WhatsApp Cloud API', () => {
  let here: World;
  before(async () => {
    here = await world();
  });
  after(() => here[Symbol.asyncDispose]());

  const send = (body: object, token = whatsapp.accessToken) =>
    here.post(
      '/whatsapp/v23.0/1055/messages',
      { messaging_product: 'whatsapp', ...body },
      { authorization: `Bearer ${token}` },
    );

  const offer = (to: string, callback = `c-${to}`, parameters = ['Kritis', '300 m', 'Gambir']) => ({
    recipient_type: 'individual',
    to,
    type: 'template',
    biz_opaque_callback_data: callback,
    template: {
      name: 'emergency_offer',
      language: { code: 'id' },
      components: [
        { type: 'body', parameters: parameters.map((text) => ({ type: 'text', text })) },
        {
          type: 'button',
          sub_type: 'quick_reply',
          index: '0',
          parameters: [{ type: 'payload', payload: `accept:${to}` }],
        },
        {
          type: 'button',
          sub_type: 'quick_reply',
          index: '1',
          parameters: [{ type: 'payload', payload: `decline:${to}` }],
        },
      ],
    },
  });
  const statusesOf = (id: string) => here.edge.events.filter((one) => one.id === id).map((one) => one.status);

  it('a template arrives, and its statuses come signed with the callback data', async () => {
    const sent = await send(offer('6281200000001'));
    assert.equal(sent.status, 200);
    assert.deepEqual(sent.body.contacts, [{ input: '6281200000001', wa_id: '6281200000001' }]);
    const { id } = sent.body.messages[0];
    const [message] = await here.messages('+6281200000001');
    assert.equal(message?.id, id);
    assert.match(message?.body ?? '', /Kritis.*300 m.*Gambir/);
    await until(() => statusesOf(id).length === 2);
    assert.deepEqual(statusesOf(id), ['sent', 'delivered']);
    assert.equal(here.edge.events.find((one) => one.id === id)?.biz_opaque_callback_data, 'c-6281200000001');
    assert.equal(here.edge.badSignatures, 0);
  });

  it('it is read only once the phone is open', async () => {
    const { body } = await send(offer('6281200000002'));
    const { id } = body.messages[0];
    await until(() => statusesOf(id).includes('delivered'));
    await here.post('/phones/081200000002/open', { open: true });
    await until(() => statusesOf(id).includes('read'));
    assert.equal((await here.messages('0812-0000-0002'))[0]?.status, 'read');
  });

  it('tapping a button replies with its payload and the message it belongs to', async () => {
    const { body } = await send(offer('6281200000003'));
    const answered = await here.post('/phones/+6281200000003/answer', { decision: 'decline' });
    assert.equal(answered.status, 202);
    await until(() => here.edge.events.some((one) => one.id === answered.body.id));
    const reply = here.edge.events.find((one) => one.id === answered.body.id);
    assert.equal(reply?.type, 'button');
    assert.deepEqual(reply?.button, { payload: 'decline:6281200000003', text: 'Tolak' });
    assert.deepEqual(reply?.context, { from: '622150101119', id: body.messages[0].id });
    assert.equal((await here.messages('+6281200000003'))[0]?.answer, 'decline');
  });

  it('a phone without an offer cannot answer one', async () => {
    assert.equal((await here.post('/phones/+6281299999999/answer', { decision: 'accept' })).status, 404);
    assert.equal((await here.post('/phones/some-token/answer', { decision: 'accept' })).status, 409);
  });

  it('refusals have the Graph API envelope', async () => {
    const cases: [object, string | undefined, number, number][] = [
      [offer('6281200000004'), 'wrong', 401, 190],
      [offer('6281200000004', 'c', ['one']), undefined, 400, 132000],
      [{ ...offer('6281200000004'), template: { name: 'nothing', language: { code: 'id' } } }, undefined, 404, 132001],
      [
        { ...offer('6281200000004'), template: { name: 'constructor', language: { code: 'name' } } },
        undefined,
        404,
        132001,
      ],
      [{ type: 'text', text: { body: 'hai' } }, undefined, 400, 100],
      [{ ...offer('6281200000004'), to: 'abc' }, undefined, 400, 131009],
    ];
    for (const [body, token, status, code] of cases) {
      const answer = await send(body, token);
      assert.equal(answer.status, status);
      assert.equal(answer.body.error.code, code);
      assert.equal(answer.body.error.type, 'OAuthException');
      assert.ok(answer.body.error.fbtrace_id);
    }
    assert.equal((await here.messages('+6281200000004')).length, 0);
  });

  it('an error code on demand comes at once, or later as a failed status', async () => {
    const to = '6281200000005';
    await here.post('/control', { provider: 'whatsapp', target: to, fault: 131056, times: 1 });
    const refused = await send(offer(to));
    assert.equal(refused.body.error.code, 131056);
    assert.equal(refused.body.error.error_data.messaging_product, 'whatsapp');
    await here.post('/control', { provider: 'whatsapp', target: to, fault: 131026, times: 1, via: 'webhook' });
    const { id } = (await send(offer(to))).body.messages[0];
    await until(() => statusesOf(id).includes('failed'));
    const failed = here.edge.events.find((one) => one.id === id) as { errors: { code: number }[] };
    assert.equal(failed.errors[0]?.code, 131026);
    assert.equal((await here.messages(to)).length, 0);
  });

  it('free text reaches only a phone that wrote within a day', async () => {
    const to = '6281200000006';
    const text = { to, type: 'text', text: { body: 'halo' } };
    const early = (await send(text)).body.messages[0].id;
    await until(() => statusesOf(early).includes('failed'));
    await here.post(`/phones/+${to}/write`, { text: 'saya siap' });
    await send(text);
    assert.deepEqual(
      (await here.messages(to)).map((one) => one.body),
      ['halo'],
    );
  });

  it('statuses repeat and change order on demand', async () => {
    await here.post('/control', { provider: 'whatsapp', target: '6281200000007', fault: 'repeat', times: 1 });
    await here.post('/control', { provider: 'whatsapp', target: '6281200000008', fault: 'shuffle', times: 1 });
    const repeated = (await send(offer('6281200000007'))).body.messages[0].id;
    const shuffled = (await send(offer('6281200000008'))).body.messages[0].id;
    await until(() => statusesOf(repeated).length === 4 && statusesOf(shuffled).length === 2);
    assert.deepEqual(statusesOf(shuffled), ['delivered', 'sent']);
  });

  it('the same callback data twice is found as a duplicate', async () => {
    await send(offer('6281200000009', 'once'));
    await send(offer('6281200000009', 'once'));
    const messages = await here.messages('+6281200000009');
    assert.equal(messages.length, 2);
    assert.equal(messages[1]?.duplicateOf, messages[0]?.id);
    const { body: summary } = await here.get('/messages/summary');
    assert.ok(summary.duplicates.some((one: { id: string }) => one.id === messages[0]?.id));
  });

  it('webhooks wait while the edge is down, and none is lost', async () => {
    here.edge.down = true;
    const { id } = (await send(offer('6281200000010'))).body.messages[0];
    const before = here.edge.attempts;
    await until(() => here.edge.attempts > before);
    here.edge.down = false;
    await until(() => statusesOf(id).length === 2);
  });

  it('the verification handshake passes with the right token', async () => {
    const answer = await here.post('/whatsapp/verify-webhook', {});
    assert.equal(answer.status, 200);
    assert.equal(answer.body.verified, true);
  });
});
