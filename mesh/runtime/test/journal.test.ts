import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { CheckAuditEntriesRequestSchema, ListAuditEntriesRequestSchema } from '@kreki/gen/kreki/audit/v1/audit_pb.js';
import { connect, headers } from 'nats';
import { appendToJournal, journalRecord } from '../audit/journal.ts';
import { recordRpc } from '../audit/rpc.ts';
import { reasonOf } from '../errors.ts';
import { openBus } from '../events/bus.ts';
import { actOnDeadLetter } from '../events/dead-letter-acts.ts';
import { ensureDeadLetterStream } from '../events/streams.ts';
import { JOURNAL_STREAM, JOURNAL_SUBJECT } from '../events/subjects.ts';
import { testLog, until, upTo } from '../testing/events.ts';
import { testMesh } from '../testing/harness.ts';

const ENGINEER = {
  actorId: '0199c0de-0000-7000-8000-000000000001',
  actorRole: 'platform',
  sessionId: null,
  peer: 'dashboard',
  clientAddress: '10.0.0.7',
  requestId: '',
};
const entry = (number: number) => ({
  ...ENGINEER,
  rpc: 'kreki.mesh.v1.StreamService/DropDeadLetter',
  subjects: [`deadletters/${number}`],
  outcome: 'OK',
  reason: '',
  traceId: '',
  omitted: 0,
});

async function withNats(t: TestContext) {
  const mesh = await testMesh('journal');
  t.after(() => mesh.stop());
  const bus = openBus(mesh.nats.url, { name: 'test', log: testLog });
  mesh.onStop(() => bus.stop());
  await until(() => bus.connected, 'connecting');
  const owner = await connect({ servers: mesh.nats.url });
  mesh.onStop(() => owner.close());
  return { mesh, bus, record: recordRpc(journalRecord(bus)), owner, manager: await owner.jetstreamManager() };
}

test('acts put on record at the same time have a place each, and are read page by page, the newest first', async (t) => {
  const { bus, record } = await withNats(t);
  const list = (request: MessageInitShape<typeof ListAuditEntriesRequestSchema>) =>
    record.listAuditEntries(create(ListAuditEntriesRequestSchema, request));
  const check = () => record.checkAuditEntries(create(CheckAuditEntriesRequestSchema));
  assert.deepEqual((await list({})).entries, []);
  assert.equal((await check()).checked, 0n);

  await Promise.all(upTo(12).map((number) => appendToJournal(bus, entry(number))));
  const first = await list({ pageSize: 10 });
  assert.deepEqual(
    first.entries?.map(({ sequence }) => Number(sequence)),
    [12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
  );
  const second = await list({ pageSize: 10, pageToken: first.nextPageToken ?? '' });
  assert.deepEqual([second.entries?.map(({ sequence }) => Number(sequence)), second.nextPageToken], [[2, 1], '']);
  const [found, ...others] = (await list({ subject: 'deadletters/7' })).entries ?? [];
  assert.deepEqual([found?.actorId, found?.clientAddress, others], [ENGINEER.actorId, '10.0.0.7', []]);
  assert.deepEqual((await list({ actorId: '0199c0de-0000-7000-8000-00000000000f' })).entries, []);
  const { checked, brokenSequence, nextSequence, newest } = await check();
  assert.deepEqual([checked, brokenSequence, nextSequence, newest?.sequence], [12n, 0n, 0n, 12n]);
});

test('what is on record cannot be deleted, and an entry that was slipped in is found', async (t) => {
  const { bus, record, owner, manager } = await withNats(t);
  for (const number of upTo(3)) await appendToJournal(bus, entry(number));
  await assert.rejects(manager.streams.deleteMessage(JOURNAL_STREAM, 2));
  await assert.rejects(manager.streams.purge(JOURNAL_STREAM));
  const stored = await manager.streams.getMessage(JOURNAL_STREAM, { seq: 3 });
  const forged = headers();
  for (const name of ['kreki-previous-hash', 'kreki-hash']) forged.set(name, stored.header.get(name));
  await owner.jetstream().publish(JOURNAL_SUBJECT, stored.data, { headers: forged });
  await appendToJournal(bus, entry(5));
  const { checked, brokenSequence } = await record.checkAuditEntries(create(CheckAuditEntriesRequestSchema));
  assert.deepEqual([checked, brokenSequence], [5n, 4n]);
});

test('a dead letter is replayed or dropped after that is on record, and left alone when it cannot be written', async (t) => {
  const { bus, manager, owner } = await withNats(t);
  await ensureDeadLetterStream(manager);
  const dead = async () => {
    const about = headers();
    about.set('kreki-durable', 'test-moves');
    about.set('ce-id', 'e1');
    return (await owner.jetstream().publish('kreki.dead.test-moves.x', 'x', { headers: about })).seq;
  };
  const left = async () => (await manager.streams.info('DEAD_LETTERS')).state.messages;
  assert.equal(await actOnDeadLetter(bus, { act: 'DropDeadLetter', seq: 1, actor: ENGINEER }), undefined);
  const first = await dead();
  const written = await actOnDeadLetter(bus, { act: 'DropDeadLetter', seq: first, actor: ENGINEER });
  assert.deepEqual(
    [written?.sequence, written?.outcome, written?.subjects],
    [1, 'OK', [`deadletters/${first}`, 'events/e1', 'consumers/test-moves']],
  );
  assert.equal(await left(), 0);

  const second = await dead();
  const { config } = await manager.streams.info(JOURNAL_STREAM);
  await manager.streams.update(JOURNAL_STREAM, { ...config, max_msgs: 1 });
  await assert.rejects(actOnDeadLetter(bus, { act: 'DropDeadLetter', seq: second, actor: ENGINEER }), (error) => {
    assert.deepEqual([ConnectError.from(error).code, reasonOf(error)], [Code.Unavailable, 'AUDIT_UNAVAILABLE']);
    return true;
  });
  assert.equal(await left(), 1);
});

test('an act that fails after it was put on record is followed by how', async (t) => {
  const { bus, manager, owner, record } = await withNats(t);
  await ensureDeadLetterStream(manager);
  // Nobody takes its subject, so that it cannot be published again.
  const about = headers();
  about.set('kreki-subject', 'kreki.nobody.v1.Something');
  const { seq } = await owner.jetstream().publish('kreki.dead.test-moves.x', 'x', { headers: about });
  await assert.rejects(actOnDeadLetter(bus, { act: 'ReplayDeadLetter', seq, actor: ENGINEER }));
  const { entries } = await record.listAuditEntries(create(ListAuditEntriesRequestSchema));
  assert.deepEqual(
    entries?.map(({ outcome }) => outcome),
    ['UNKNOWN', 'OK'],
  );
});
