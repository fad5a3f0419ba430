import assert from 'node:assert/strict';
import { hostname, userInfo } from 'node:os';
import { type TestContext, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { EmergencyMovedSchema, ResponderAcceptedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { journalRecord } from '../../runtime/audit/journal.ts';
import { on } from '../../runtime/events/consumer.ts';
import { event } from '../../runtime/events/outbox.ts';
import { pending, publish, ready } from '../../runtime/testing/consuming.ts';
import { testEvents, until, upTo } from '../../runtime/testing/events.ts';
import { run } from '../run.ts';

const accepted = (number: number) =>
  event(
    ResponderAcceptedSchema,
    {
      emergencyId: `e${number}`,
      responderName: 'Budi Santoso',
      distanceMeters: 120,
      acceptTime: { seconds: 1_800_000_000n },
    },
    // Of one aggregate, so that they die in their order.
    'press',
  );

/** A consumer that fails at everything until it is mended, so many dead letters, and the command line. */
async function withDeadLetters(t: TestContext, count: number) {
  const events = await testEvents(t);
  await ready(events.bus);
  const state = { mended: false, handled: [] as string[] };
  const failing = (durable: string) =>
    events.consumer({
      durable,
      maxAttempts: 1,
      handle: [
        on(ResponderAcceptedSchema, async ({ emergencyId }) => {
          if (!state.mended) throw new Error(`cannot tell budi@example.org or +62 812-3456-7890 of ${emergencyId}`);
          state.handled.push(`${durable} ${emergencyId}`);
        }),
        on(EmergencyMovedSchema, async () => {}),
      ],
    });
  failing('test-moves');
  await publish(events.bus, upTo(count).map(accepted));
  const command = async (words: string, answer?: boolean) => {
    const said: string[] = [];
    const code = await run(
      words.split(' ').filter(Boolean),
      { NATS_URL: events.mesh.nats.url },
      {
        tell: (text) => void said.push(stripVTControlCharacters(text)),
        agrees: async (question) => {
          said.push(question);
          return answer;
        },
      },
    );
    return { code, said: said.join('\n') };
  };
  const numbers = async (words = '') =>
    [...(await command(words)).said.matchAll(/^ {2}(\d+) +\d+ (?:s|min) /gm)].map(([, n]) => Number(n));
  await until(async () => (await numbers()).length === Math.min(count, 20), 'the dead letters');
  return { ...events, state, failing, command, numbers };
}

test('dead letters are listed with who gave up on what and why, page by page', async (t) => {
  const { command, numbers, failing } = await withDeadLetters(t, 3);
  const { code, said } = await command('');
  assert.equal(code, 0);
  assert.match(said, /number +died +consumer +event +tries +reason/);
  assert.match(said, /1 +\d+ s +test-moves +ResponderAccepted +1 +Error: cannot tell ••• or ••• of e1/);
  assert.match(said, /3 dead letters at 127\.0\.0\.1/);
  assert.deepEqual(await numbers('list --limit 2'), [1, 2]);
  assert.match((await command('list --limit 2')).said, /more: --after 2/);
  assert.deepEqual(await numbers('list --after 2'), [3]);
  assert.deepEqual(await numbers('list --reason e2'), [2]);
  failing('test-others');
  await until(async () => (await numbers('list --durable test-others')).length === 3, 'the other consumer');
  assert.equal((await numbers()).length, 6);
  assert.match((await command('list --durable test-nobody')).said, /No dead letters/);
});

test('one is shown as its contract has it, without what tells who somebody is', async (t) => {
  const { command } = await withDeadLetters(t, 1);
  const { said } = await command('show 1');
  assert.match(said, /Dead letter 1/);
  assert.match(said, /event +kreki\.emergency\.v1\.ResponderAccepted/);
  assert.match(said, /reason +Error: cannot tell ••• or ••• of e1/);
  assert.match(said, /tries +1/);
  assert.match(said, /died +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, \d+ s ago/);
  const { emergencyId, responderName, distanceMeters, acceptTime } = JSON.parse(said.slice(said.indexOf('{')));
  assert.deepEqual(
    { emergencyId, responderName, distanceMeters, acceptTime },
    { emergencyId: 'e1', responderName: '•••', distanceMeters: 120, acceptTime: '2027-01-15T08:00:00Z' },
  );
  assert.doesNotMatch(said, /Budi|budi|812/);
});

test('what no contract decodes is said to be so', async (t) => {
  const { bus, command, numbers } = await withDeadLetters(t, 1);
  await publish(bus, [{ ...accepted(2), payload: Buffer.from([255, 255]) }]);
  await until(async () => (await numbers()).length === 2, 'the dead letter');
  const { said } = await command('show 2');
  assert.match(said, /reason +not decodable/);
  assert.match(said, /2 bytes that no contract decodes/);
});

test('after the fault is mended one is replayed by its number, or all of a reason, and handled', async (t) => {
  const { bus, state, command, numbers } = await withDeadLetters(t, 4);
  state.mended = true;
  assert.match((await command('replay 1')).said, /✓ 1 goes to test-moves again\n1 dead letter replayed/);
  await until(() => state.handled.length === 1, 'the first');
  assert.deepEqual(await numbers(), [2, 3, 4]);
  await command('replay --durable test-moves --reason e3');
  assert.deepEqual(await numbers(), [2, 4]);
  assert.match((await command('replay --all')).said, /2 dead letters replayed/);
  await until(async () => state.handled.length === 4 && (await pending(bus)) === 0, 'the rest');
  assert.deepEqual(state.handled.toSorted(), ['test-moves e1', 'test-moves e2', 'test-moves e3', 'test-moves e4']);
  assert.match((await command('')).said, /No dead letters/);
});

test('dropping asks first, is refused where nobody can be asked, and is on record', async (t) => {
  const { bus, command, numbers } = await withDeadLetters(t, 3);
  const refused = await command('drop 1');
  assert.equal(refused.code, 1);
  assert.match(refused.said, /Drop 1 dead letter for good\?\n✗ nobody is there to confirm it: say --yes/);
  assert.match((await command('drop 1', false)).said, /Nothing was dropped/);
  assert.deepEqual(await numbers(), [1, 2, 3]);
  assert.match((await command('drop 1', true)).said, /1 dead letter dropped/);
  assert.match((await command('drop --durable test-moves --yes')).said, /2 dead letters dropped/);
  assert.deepEqual(await numbers(), []);
  const acts = await journalRecord(bus).list({ limit: 10 });
  assert.deepEqual(
    acts.map(({ rpc, actorRole, subjects: [letter] }) => [rpc.split('/')[1], actorRole, letter]),
    [3, 2, 1].map((seq) => ['DropDeadLetter', 'operator', `deadletters/${seq}`]),
  );
  assert.equal(acts[0]?.clientAddress, `${userInfo().username}@${hostname()}`);
});

test('what cannot be carried out is said in a sentence', async (t) => {
  const { command } = await withDeadLetters(t, 1);
  const said = async (words: string) => {
    const answer = await command(words);
    assert.equal(answer.code, 1, words);
    return answer.said;
  };
  assert.match(await said('show 7'), /^✗ there is no dead letter 7$/);
  assert.match(await said('replay'), /^✗ say which: numbers, --durable, --reason, or --all$/);
  assert.match(await said('drop'), /^✗ say which/);
  assert.match(await said('bury 1'), /^✗ there is no bury/);
  assert.match(await said('show one'), /^✗ a dead letter is a number, not one$/);
  assert.match(await said('list --durable a.b'), /^✗ no consumer is called a\.b$/);
  assert.match(await said('--loudly'), /^✗ Unknown option '--loudly'/);
  const tell: string[] = [];
  const away = { NATS_URL: 'nats://127.0.0.1:1' };
  assert.equal(await run([], away, { tell: (text) => void tell.push(text), agrees: async () => true }), 1);
  assert.match(tell.join(), /^✗ NATS at 127\.0\.0\.1:1 cannot be reached/);
});
