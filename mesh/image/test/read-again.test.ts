import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { publish, ready } from '../../runtime/testing/consuming.ts';
import { collectMoves, moved, testEvents, until } from '../../runtime/testing/events.ts';

test('after a restore, consumers handle again what their database has forgotten, and nothing else', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const moves = collectMoves();
  events.consumer({ durable: 'volunteer-engagement', handle: [moves.handler] });
  const first = [1, 2, 3].map((number) => moved('a1', number));
  await publish(events.bus, first);
  await until(() => moves.seen.length === 3, 'the first events');

  await events.sql(`DELETE FROM inbox WHERE event_id IN (${first.slice(1).map(({ id }) => `'${id}'`)})`);
  const { stdout } = await promisify(execFile)(process.execPath, ['mesh/image/read-again.ts'], {
    env: { SERVICE_NAME: 'volunteer', NATS_URL: events.mesh.nats.url },
  });
  assert.equal(stdout, 'volunteer-engagement: reads EVENTS_emergency from the beginning\n');
  await until(() => moves.seen.length === 5, 'what was forgotten', 10_000);
  await publish(events.bus, [moved('a1', 4)]);
  await until(() => moves.seen.length === 6, 'what came after');
  assert.deepEqual(moves.of('a1'), [1, 2, 3, 2, 3, 4]);
});
