import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until, type World, whatsapp, world } from './harness.ts';

const PHONE = '+6281234567890';

const offer = {
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: PHONE.slice(1),
  type: 'template',
  biz_opaque_callback_data: 'delivery-1',
  template: {
    name: 'emergency_offer',
    language: { code: 'id' },
    components: [
      { type: 'body', parameters: ['Kritis', '300 m', 'Gambir'].map((text) => ({ type: 'text', text })) },
      ...['accept', 'decline'].map((word, index) => ({
        type: 'button',
        sub_type: 'quick_reply',
        index: String(index),
        parameters: [{ type: 'payload', payload: `${word}:e1` }],
      })),
    ],
  },
};

async function withLedger(use: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-ledger-'));
  try {
    await use(join(folder, 'ledger.jsonl'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function send(here: World): Promise<string> {
  const headers = { authorization: `Bearer ${whatsapp.accessToken}` };
  const { body } = await here.post('/whatsapp/v23.0/1055/messages', offer, headers);
  return body.messages[0].id;
}

test('with a ledger, phones keep their messages over a restart, and the edge is told what it had not taken', () =>
  withLedger(async (ledgerFile) => {
    let id: string;
    {
      await using before = await world({ ledgerFile });
      before.edge.down = true;
      id = await send(before);
      await before.post(`/phones/${PHONE}/answer`, { decision: 'accept' });
      await until(() => before.edge.attempts > 0);
    }
    // What a kill leaves of a line that was being written.
    appendFileSync(ledgerFile, '{"arrived":{"id":"half');
    {
      await using after = await world({ ledgerFile });
      assert.deepEqual(
        (await after.messages(PHONE)).map((message) => message.id),
        [id],
      );
      await until(() => after.edge.events.some((event) => event.status === 'delivered'));
      const taps = after.edge.events.filter((event) => event.type === 'button');
      assert.equal(taps.length, 1);
      await send(after);
      assert.equal((await after.messages(PHONE))[1]?.duplicateOf, id, 'a repeat is still known as one');
    }
  }));

test('the edge is told nothing again that it has taken', () =>
  withLedger(async (ledgerFile) => {
    {
      await using before = await world({ ledgerFile });
      await send(before);
      await until(() => before.edge.events.some((event) => event.status === 'delivered'));
      await until(async () => (await before.get('/healthz')).body.webhooks.queued === 0);
    }
    await using after = await world({ ledgerFile });
    await send(after);
    await until(() => after.edge.events.some((event) => event.status === 'delivered'));
    assert.equal(after.edge.events.filter((event) => event.status === 'delivered').length, 1);
  }));

test('a ledger of a long day is put back as well', () =>
  withLedger(async (ledgerFile) => {
    const lines = Array.from({ length: 300_000 }, (_, index) => JSON.stringify({ told: [index + 1] }));
    writeFileSync(ledgerFile, `${lines.join('\n')}\n`);
    await using after = await world({ ledgerFile });
    const id = await send(after);
    assert.deepEqual(
      (await after.messages(PHONE)).map((message) => message.id),
      [id],
    );
  }));
