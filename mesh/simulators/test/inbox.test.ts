import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Inbox } from '../inbox/inbox.ts';
import type { Arrival } from '../inbox/message.ts';
import { canonicalRecipient, phoneOfToken, tokenOfPhone } from '../inbox/recipient.ts';
import { until, type World, whatsapp, world } from './harness.ts';

let count = 0;
const push = (to: string, key?: string): Arrival => ({
  id: `m-${++count}`,
  channel: 'push',
  to,
  title: 't',
  body: 'b',
  data: {},
  status: 'shown',
  replaces: true,
  ...(key !== undefined && { key }),
});

const text = async (here: World, to: string, body: string) => {
  await here.post(`/phones/+${to}/write`, { text: 'x' });
  return here.post(
    '/v23.0/1055/messages',
    { messaging_product: 'whatsapp', to, type: 'text', text: { body } },
    { authorization: `Bearer ${whatsapp.accessToken}` },
  );
};

describe('what phones received', () => {
  it('the oldest leave first, from every index', () => {
    const inbox = new Inbox(3);
    for (const to of ['a', 'a', 'b', 'c', 'd']) inbox.receive(push(to));
    assert.equal(inbox.of('a').length, 0);
    assert.deepEqual(
      [...inbox.since(0)].map((one) => one.to),
      ['b', 'c', 'd'],
    );
  });

  it('a replaced message moves to the end and stays one', () => {
    const inbox = new Inbox();
    inbox.receive(push('a', 'k'));
    inbox.receive(push('b', 'k'));
    inbox.receive(push('a', 'k'));
    assert.deepEqual(
      [...inbox.since(0)].map((one) => [one.to, one.deliveries]),
      [
        ['b', 1],
        ['a', 2],
      ],
    );
    assert.deepEqual(
      [...inbox.newestFirst()].map((one) => one.to),
      ['a', 'b'],
    );
  });

  it('memory stays bounded over many times its size, with and without keys', () => {
    const inbox = new Inbox(1_000);
    for (let i = 0; i < 20_000; i++) inbox.receive(push(`t-${i % 50}`, i % 2 ? `k-${i % 7}` : undefined));
    assert.ok([...inbox.since(0)].length <= 1_000);
    let indexed = 0;
    for (let i = 0; i < 50; i++) indexed += inbox.of(`t-${i}`).length;
    assert.equal(indexed, [...inbox.since(0)].length);
  });

  it('pages follow each other without a gap or a repeat, and nextSince continues after them', async () => {
    await using here = await world();
    for (let i = 0; i < 7; i++) await text(here, '6281300000001', String(i));
    const seen: string[] = [];
    let query = 'limit=3';
    for (;;) {
      const { body: page } = await here.get(`/messages?to=%2B6281300000001&${query}`);
      seen.push(...page.messages.map((one: { body: string }) => one.body));
      if (!page.nextPageToken) {
        query = `since=${page.nextSince}`;
        break;
      }
      query = `limit=3&pageToken=${page.nextPageToken}`;
    }
    assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5', '6']);
    await text(here, '6281300000001', 'later');
    const { body: page } = await here.get(`/messages?${query}`);
    assert.deepEqual(
      page.messages.map((one: { body: string }) => one.body),
      ['later'],
    );
  });

  it('the stream tells of an arrival', async () => {
    await using here = await world();
    const stop = new AbortController();
    const response = await fetch(`${here.simulators.url}/events`, { signal: stop.signal });
    let seen = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) seen += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    await text(here, '6281300000002', 'streamed');
    await until(() => seen.includes('streamed'));
    stop.abort();
    await reading;
  });

  it('wrong queries, faults, paths and bodies are named', async () => {
    await using here = await world();
    assert.equal((await fetch(`${here.simulators.url}/messages?since=yesterday`)).status, 400);
    assert.equal((await fetch(`${here.simulators.url}/messages?limit=1001`)).status, 400);
    assert.equal((await fetch(`${here.simulators.url}/nowhere`)).status, 404);
    assert.equal((await fetch(`${here.simulators.url}/phones/%E0%A4%A/open`, { method: 'POST' })).status, 400);
    assert.equal(
      (await here.post('/control', { provider: 'pigeon', fault: 'slow' })).body.error.reason,
      'INVALID_FAULT',
    );
    assert.equal((await here.post('/control', 'x'.repeat(2_000_000))).status, 413);
    assert.equal((await fetch(`${here.simulators.url}/healthz`)).status, 200);
    assert.equal((await fetch(here.simulators.url)).headers.get('content-type'), 'text/html; charset=utf-8');
  });

  it('a phone has one spelling, and a token that only the simulators read', () => {
    assert.equal(canonicalRecipient('0812-3456-7890'), '+6281234567890');
    assert.equal(canonicalRecipient(' 6281234567890'), '+6281234567890');
    for (const phone of ['+6281234567890', '+6212345678', '+628123456789012']) {
      assert.equal(phoneOfToken(tokenOfPhone(phone)), phone);
      assert.ok(!tokenOfPhone(phone).includes(phone.slice(3)));
    }
    for (const token of ['sim:6281234567890:a1', 'cXyz6281234567890:APA91b', `sim:${'A'.repeat(22)}`]) {
      assert.equal(phoneOfToken(token), undefined);
    }
  });
});
