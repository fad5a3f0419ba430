import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserRegisteredSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { EmergencyMovedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { prepared } from '../database/sql.ts';
import { event, outboxRecord } from '../events/outbox.ts';
import { collectMoves, moved, testEvents, until, upTo } from '../testing/events.ts';
import { append, appendMany, published } from '../testing/publishing.ts';

test('an event travels with CloudEvents attributes, and its id as the message id', async (t) => {
  const events = await testEvents(t);
  const received: Record<string, string>[] = [];
  events.bus.subscribe('kreki.emergency.v1.>', ({ subject, header }) =>
    received.push(
      Object.fromEntries(
        ['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-subject', 'content-type', 'Nats-Msg-Id']
          .map((name): [string, string] => [name, header(name)])
          .concat([['subject', subject]]),
      ),
    ),
  );
  events.relay();
  await until(() => events.bus.connected, 'connecting');
  const made = moved('a1', 1);
  await append(events.database, [made]);
  await until(() => received.length > 0, 'the event');
  assert.deepEqual(received, [
    {
      subject: 'kreki.emergency.v1.EmergencyMoved',
      'ce-specversion': '1.0',
      'ce-id': made.id,
      'ce-source': '/kreki/emergency',
      'ce-type': 'kreki.emergency.v1.EmergencyMoved',
      'ce-subject': 'a1',
      'content-type': 'application/protobuf',
      'Nats-Msg-Id': made.id,
    },
  ]);
});

test('an event of another domain, and one too large for NATS, never get into the outbox', async (t) => {
  const { database } = await testEvents(t);
  await assert.rejects(append(database, [event(UserRegisteredSchema, {}, 'u1')]), /is not an event of emergency/);
  assert.throws(() => event(EmergencyMovedSchema, { emergencyId: 'x'.repeat(1_100_000) }, 'a1'), RangeError);
});

test('a statement can write an event in its own CTE', async (t) => {
  const events = await testEvents(t);
  const insert = prepared(
    'insert_event',
    `INSERT INTO outbox (id, subject, aggregate_id, payload, headers)
     SELECT event_id, subject, 'a1', decode(payload, 'base64'), headers
     FROM json_to_recordset($1::json) AS given (event_id uuid, subject text, payload text, headers jsonb)`,
  );
  await events.database.query(insert, [JSON.stringify([outboxRecord(moved('a1', 1))])]);
  events.relay();
  await until(published(events, 1), 'publication');
});

test('events of concurrent transactions reach a consumer in the order of each aggregate, none twice', async (t) => {
  const events = await testEvents(t);
  const moves = collectMoves();
  events.relay();
  events.consumer({ handle: [moves.handler] });
  const start = performance.now();
  await appendMany(events, 50, 100);
  const appendedMs = performance.now() - start;
  await until(() => moves.seen.length >= 5_000, 'handling', 60_000);
  const handledMs = performance.now() - start;
  for (const aggregate of upTo(50)) assert.deepEqual(moves.of(`a${aggregate}`), upTo(100));
  t.diagnostic(`5,000 events appended in ${Math.round(appendedMs)} ms, handled after ${Math.round(handledMs)} ms`);
});

test('the relay drains what piled up quickly', async (t) => {
  const events = await testEvents(t);
  const many = upTo(8_000).map((number) => moved(`a${number % 100}`, number));
  for (let from = 0; from < many.length; from += 1_000) await append(events.database, many.slice(from, from + 1_000));
  const relay = events.relay();
  const { depth } = await relay.backlog();
  // The relay is at work already.
  assert.ok(depth > 0 && depth <= 8_000, `${depth} wait`);
  const start = performance.now();
  await until(published(events, 8_000), 'publication', 60_000);
  const relayedMs = performance.now() - start;
  assert.deepEqual(await relay.backlog(), { depth: 0, oldestAgeMs: 0 });
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler] });
  const consumingFrom = performance.now();
  await until(() => moves.seen.length >= 8_000, 'handling', 60_000);
  const consumedMs = performance.now() - consumingFrom;
  t.diagnostic(`relay: ${Math.round(8_000 / (relayedMs / 1_000))} events/s`);
  t.diagnostic(`consumer: ${Math.round(8_000 / (consumedMs / 1_000))} events/s`);
});

test('an event is handled within milliseconds of its commit', async (t) => {
  const events = await testEvents(t);
  const moves = collectMoves();
  const relay = events.relay();
  events.consumer({ handle: [moves.handler] });
  await append(events.database, [moved('warm', 0)]);
  await until(() => moves.seen.length === 1, 'the first event');
  const latencies: number[] = [];
  for (const number of upTo(100)) {
    const start = performance.now();
    await append(events.database, [moved('a1', number)]);
    relay.wake();
    while (moves.seen.length <= number) await sleep(1);
    latencies.push(performance.now() - start);
  }
  latencies.sort((one, other) => one - other);
  t.diagnostic(`append to handled: p50 ${latencies[50]?.toFixed(1)} ms, p95 ${latencies[95]?.toFixed(1)} ms`);
  assert.ok((latencies[50] ?? 0) < 100, `p50 ${latencies[50]} ms`);
});
