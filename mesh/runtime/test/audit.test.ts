import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { HEADER } from '../caller.ts';
import { reasonOf } from '../errors.ts';
import { ABSENT, ADMIN, auditedService, LISTED, OWN, REQUESTER } from '../testing/auditing.ts';
import { upTo } from '../testing/events.ts';

async function auditedAs(t: TestContext, person: { role: string; permissions: readonly string[] }) {
  const service = await auditedService(t);
  const caller = { ...person, userId: randomUUID(), sessionId: randomUUID() };
  return { ...service, caller, ...(await service.clients(caller)) };
}

const refusal = async (call: Promise<unknown>) => {
  const error = await call.then(() => undefined, ConnectError.from);
  return error && `${Code[error.code]} ${reasonOf(error)}`;
};

test('a person’s privileged call is on record: who, from where, what, about whom, and nothing of what it said', async (t) => {
  const { users, caller, entries } = await auditedAs(t, ADMIN);
  const userId = randomUUID();
  await users.getUser({ userId }, { headers: { [HEADER.clientIp]: '203.0.113.7', [HEADER.requestId]: 'r-1' } });
  const [entry, ...more] = await entries();
  assert.deepEqual(more, []);
  const { actor_id, session_id, actor_role, rpc, subjects, outcome, reason, client_address, request_id } = entry ?? {};
  assert.deepEqual(
    { actor_id, session_id, actor_role, rpc, subjects, outcome, reason, client_address, request_id },
    {
      actor_id: caller.userId,
      session_id: caller.sessionId,
      actor_role: 'admin',
      rpc: 'kreki.auth.v1.UserAdminService/GetUser',
      subjects: [`people/${userId}`],
      outcome: 'OK',
      reason: '',
      client_address: '203.0.113.7',
      request_id: 'r-1',
    },
  );
  assert.doesNotMatch(JSON.stringify(entry), /sari/i);
});

test('of a list everybody on the page is named', async (t) => {
  const { users, entries } = await auditedAs(t, ADMIN);
  await users.listUsers({ query: 'sari' });
  const [entry] = await entries();
  assert.deepEqual(
    entry?.subjects,
    LISTED.map((id) => `people/${id}`),
  );
  assert.doesNotMatch(JSON.stringify(entry), /sari/i);
});

test('a call that cannot be put on record is not answered', async (t) => {
  const { users, pool } = await auditedAs(t, ADMIN);
  await pool.query('ALTER TABLE audit_entries RENAME TO audit_entries_away');
  assert.equal(await refusal(users.getUser({ userId: randomUUID() })), 'Unavailable AUDIT_UNAVAILABLE');
  await pool.query('ALTER TABLE audit_entries_away RENAME TO audit_entries');
  await users.getUser({ userId: randomUUID() });
});

test('an entry that cannot be written keeps its own call from being answered, and no other', async (t) => {
  const service = await auditedAs(t, ADMIN);
  const odd = await service.clients({ ...ADMIN, userId: randomUUID(), sessionId: 'not a UUID' });
  const calls = upTo(20).map((index) => (index % 5 === 0 ? odd : service).users.getUser({ userId: randomUUID() }));
  const answers = await Promise.all(calls.map(refusal));
  const refused = answers.filter((answer) => answer === 'Unavailable AUDIT_UNAVAILABLE');
  assert.deepEqual([refused.length, answers.filter((answer) => answer === undefined).length], [4, 16]);
  assert.equal((await service.entries()).length, 16);
});

test('what failed is on record with its reason; what was never tried, since the request was not valid, is not', async (t) => {
  const { users, entries } = await auditedAs(t, ADMIN);
  assert.equal(await refusal(users.getUser({ userId: ABSENT })), 'NotFound USER_NOT_FOUND');
  assert.match((await refusal(users.getUser({ userId: 'sari@kreki.example' }))) ?? '', /^InvalidArgument/);
  assert.deepEqual(
    (await entries()).map(({ outcome, reason, subjects }) => [outcome, reason, subjects]),
    [['NOT_FOUND', 'USER_NOT_FOUND', [`people/${ABSENT}`]]],
  );
});

test('refused attempts are on record, ten of them a minute; the next entry says how many were left out', async (t) => {
  const { users, emergencies, entries } = await auditedAs(t, { role: 'public', permissions: [] });
  const attempts = upTo(25).map(() => refusal(users.getUser({ userId: 'sari@kreki.example' })));
  for (const attempt of await Promise.all(attempts)) assert.equal(attempt, 'PermissionDenied PERMISSION_REQUIRED');
  const refused = await entries();
  assert.equal(refused.length, 10);
  assert.ok(refused.every(({ outcome, subjects }) => outcome === 'PERMISSION_DENIED' && String(subjects) === ''));
  await emergencies.get({ id: randomUUID() });
  const last = (await entries()).at(-1);
  assert.deepEqual([last?.outcome, last?.omitted], ['OK', 15]);
});

test('where people call for their own as well, only what is not their own is on record', async (t) => {
  const { emergencies, entries } = await auditedAs(t, ADMIN);
  await emergencies.get({ id: OWN });
  const foreign = randomUUID();
  await emergencies.get({ id: foreign });
  assert.deepEqual(
    (await entries()).map(({ subjects }) => subjects),
    [[`emergencies/${foreign}`, `people/${REQUESTER}`]],
  );
});

test('a service that calls on its own behalf leaves no entry where the contract puts people on record', async (t) => {
  const service = await auditedService(t);
  const { users } = await service.clients({ service: 'emergency' });
  assert.equal(await refusal(users.getUser({ userId: randomUUID() })), 'PermissionDenied PERSON_REQUIRED');
  assert.deepEqual(await service.entries(), []);
});

test('a stream is on record once, before its first message', async (t) => {
  const { emergencies, entries, pool } = await auditedAs(t, ADMIN);
  const id = randomUUID();
  let messages = 0;
  for await (const _ of emergencies.watch({ id })) messages += 1;
  assert.equal(messages, 2);
  assert.deepEqual(
    (await entries()).map(({ rpc, subjects }) => [rpc, subjects]),
    [['kreki.emergency.v1.EmergencyService/Watch', [`emergencies/${id}`, `people/${REQUESTER}`]]],
  );
  await pool.query('ALTER TABLE audit_entries RENAME TO audit_entries_away');
  const first = emergencies.watch({ id })[Symbol.asyncIterator]().next();
  assert.equal(await refusal(first), 'Unavailable AUDIT_UNAVAILABLE');
});

test('a change and its entry are one transaction', async (t) => {
  const { users, entries, pool } = await auditedAs(t, ADMIN);
  const userId = randomUUID();
  await users.updateUserRole({ userId, role: 'volunteer' });
  const { rows } = await pool.query(
    'SELECT r.xmin = e.xmin AS together, e.subjects FROM renamed r, audit_entries e WHERE r.id = $1',
    [userId],
  );
  assert.deepEqual(rows, [{ together: true, subjects: [`people/${userId}`, 'roles/volunteer', 'roles/public'] }]);
  assert.equal(await refusal(users.updateUserRole({ userId: randomUUID(), role: 'broken' })), 'Aborted BROKEN');
  assert.deepEqual(
    (await entries()).map(({ outcome }) => outcome),
    ['OK', 'ABORTED'],
  );
  await pool.query('ALTER TABLE audit_entries RENAME TO audit_entries_away');
  const unrecorded = users.updateUserRole({ userId: randomUUID(), role: 'volunteer' });
  assert.equal(await refusal(unrecorded), 'Unavailable AUDIT_UNAVAILABLE');
  assert.equal((await pool.query('SELECT FROM renamed')).rowCount, 1);
});

test('the record is listed the newest first, page by page, by person, subject, RPC and time; reading it is on record', async (t) => {
  const { users, audit, caller, entries } = await auditedAs(t, ADMIN);
  const ids = upTo(5).map(() => randomUUID());
  for (const userId of ids) await users.getUser({ userId });
  const rpc = 'kreki.auth.v1.UserAdminService/GetUser';
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await audit.listAuditEntries({ rpc, pageSize: 2, pageToken });
    seen.push(...page.entries.flatMap(({ subjects }) => subjects));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(seen, ids.map((id) => `people/${id}`).reverse());
  const about = await audit.listAuditEntries({ subject: `people/${ids[2]}` });
  assert.deepEqual(
    about.entries.map(({ actorId, outcome, sequence }) => [actorId, outcome, sequence]),
    [[caller.userId, 'OK', 3n]],
  );
  assert.deepEqual((await audit.listAuditEntries({ actorId: randomUUID() })).entries, []);
  const { time } = about.entries[0] ?? {};
  assert.ok(time);
  assert.equal((await audit.listAuditEntries({ endTime: time })).entries.length, 2);
  assert.equal((await audit.listAuditEntries({ startTime: time, rpc })).entries.length, 3);
  assert.equal(await refusal(audit.listAuditEntries({ pageToken: 'x' })), 'InvalidArgument BAD_PAGE_TOKEN');
  const reads = (await entries()).filter((entry) => entry.rpc === 'kreki.auth.v1.AuthAuditService/ListAuditEntries');
  assert.equal(reads.length, 7);
});
