import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { ADMIN, auditedService } from '../testing/auditing.ts';
import { upTo } from '../testing/events.ts';

async function written(t: TestContext, count: number) {
  const service = await auditedService(t);
  const { users, audit } = await service.clients({ ...ADMIN, userId: randomUUID() });
  await Promise.all(upTo(count).map(() => users.getUser({ userId: randomUUID() })));
  /** As whoever owns the server could, past the triggers. */
  const tamper = async (statement: string) => {
    await service.pool.query('SET session_replication_role = replica');
    await service.pool.query(statement);
    await service.pool.query('SET session_replication_role = DEFAULT');
  };
  return { ...service, audit, tamper };
}

test('entries written at the same time have a place each, without a gap, and the record is intact', async (t) => {
  const { audit, entries } = await written(t, 100);
  assert.deepEqual(
    (await entries()).map(({ sequence }) => Number(sequence)),
    upTo(100),
  );
  const { checked, brokenSequence, nextSequence, newest } = await audit.checkAuditEntries({});
  assert.deepEqual([checked, brokenSequence, nextSequence, newest?.sequence], [100n, 0n, 0n, 100n]);
});

for (const [what, statement, broken] of [
  ['a changed entry', `UPDATE audit_entries SET subjects = '{}' WHERE sequence = 5`, 5n],
  [
    'a changed entry whose hash was computed anew',
    `UPDATE audit_entries SET outcome = 'x' WHERE sequence = 5; UPDATE audit_entries e SET hash = audit_hash(e) WHERE sequence = 5`,
    6n,
  ],
  ['a missing entry', 'DELETE FROM audit_entries WHERE sequence = 5', 5n],
] as const) {
  test(`${what} is found by the check`, async (t) => {
    const { audit, tamper } = await written(t, 8);
    await tamper(statement);
    assert.equal((await audit.checkAuditEntries({})).brokenSequence, broken);
  });
}

test('an entry cannot be changed, deleted or cleared away, and says itself when it was written', async (t) => {
  const { pool } = await written(t, 2);
  for (const statement of [
    `UPDATE audit_entries SET reason = 'x'`,
    'DELETE FROM audit_entries',
    'TRUNCATE audit_entries',
  ]) {
    await assert.rejects(pool.query(statement), /only ever added to/, statement);
  }
  await pool.query(
    `INSERT INTO audit_entries SELECT (jsonb_populate_record(e, '{"sequence": 99, "time": "2001-01-01"}')).*
     FROM audit_entries e WHERE sequence = 1`,
  );
  const { rows } = await pool.query(
    'SELECT sequence::int, time > now() - interval $$1 minute$$ AS fresh FROM audit_entries WHERE sequence > 2',
  );
  assert.deepEqual(rows, [{ sequence: 3, fresh: true }]);
});

test('after five years an entry may go, and what follows it stays intact', async (t) => {
  const { audit, pool, tamper } = await written(t, 3);
  await tamper(`UPDATE audit_entries SET time = time - interval '6 years' WHERE sequence = 1`);
  await pool.query(`DELETE FROM audit_entries WHERE sequence = 1`);
  const { checked, brokenSequence } = await audit.checkAuditEntries({ startSequence: 2n });
  assert.deepEqual([checked, brokenSequence], [2n, 0n]);
});
