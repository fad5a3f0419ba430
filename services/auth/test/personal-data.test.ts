import assert from 'node:assert/strict';
import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Code, ConnectError } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { openDatabase } from '@kreki/runtime/database/database';
import type { DataSteps } from '@kreki/runtime/database/migrations';
import { createLogger } from '@kreki/runtime/log';
import { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { testMesh } from '@kreki/runtime/testing/harness';
import pg from 'pg';
import { readConfig } from '../config.ts';
import { dataSteps } from '../data-steps.ts';
import { hashPassword } from '../passwords/passwords.ts';
import { startAuth } from '../service.ts';
import { authMesh } from './harness.ts';
import { bearer, eventually, PASSWORD, reason } from './helpers.ts';
import { holderUrls } from './holders.ts';

const { auth, env, holders, mesh, pool, register, registration, stop } = await authMesh('personal_data');
after(stop);

const newPhone = () => `+62812${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
const anotherKey = () => randomBytes(32).toString('base64');

test('e-mail and phone are in the database in no form that can be read', async () => {
  const phone = newPhone();
  const { user } = await register({ phone });
  const { rows } = await pool.query(`SELECT users::text AS row FROM users WHERE id = $1`, [user.id]);
  const [{ row }] = rows;
  assert.ok(row.includes('Sari Dewi'), 'what is not sealed is seen');
  for (const plain of [user.email, phone, phone.slice(1)]) {
    assert.ok(!row.includes(plain));
    assert.ok(!row.includes(Buffer.from(plain).toString('hex')));
  }
});

test('of registrations at the same time with one e-mail or one phone, one succeeds', async () => {
  const [email, phone] = [`race.${randomUUID()}@kreki.test`, newPhone()];
  const byEmail = await Promise.allSettled(['', '', ''].map(() => auth.register(registration({ email }))));
  const byPhone = await Promise.allSettled(['', '', ''].map(() => auth.register(registration({ phone }))));
  for (const [outcomes, taken] of [
    [byEmail, 'EMAIL_TAKEN'],
    [byPhone, 'PHONE_TAKEN'],
  ] as const) {
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(refused.length, 2);
    for (const outcome of refused) assert.ok(reason(taken)(outcome.reason));
  }
});

test('a value moved to another account does not open, and says nothing but that', async () => {
  const [one, other] = [await register(), await register({ phone: newPhone() })];
  await pool.query(
    `UPDATE users SET phone_sealed = source.phone_sealed, phone_lookup = sha256('elsewhere')
     FROM users AS source WHERE users.id = $1 AND source.id = $2`,
    [one.user.id, other.user.id],
  );
  const error = await auth.getMe({}, bearer(one)).catch(ConnectError.from);
  assert.ok(error instanceof ConnectError);
  assert.equal(error.code, Code.Internal);
  assert.match(error.rawMessage, /^something went wrong here; trace \w+$/);
});

test('after a rotation the old key is not needed: people sign in, are found, and change their phone', async (t) => {
  const phone = newPhone();
  const { user } = await register({ phone });
  const old = env.PERSONAL_DATA_KEYS;
  const rotated = `2:${anotherKey()}`;
  const both = await startAuth(readConfig({ ...env, PERSONAL_DATA_KEYS: `${rotated},${old}` }));
  await eventually(async () => {
    const { rows } = await pool.query(
      `SELECT count(*)::int AS left FROM users
       WHERE get_byte(email_sealed, 2) <> 2 OR phone_sealed IS NOT NULL AND get_byte(phone_sealed, 2) <> 2`,
    );
    // The one value that the test before put where it does not belong.
    assert.equal(rows[0].left, 1);
  });
  await both.stop();
  const alone = await startAuth(readConfig({ ...env, PERSONAL_DATA_KEYS: rotated }));
  t.after(() => alone.stop());
  const client = await mesh.client(AuthService, alone.url);
  const session = await client.login({ email: user.email, password: PASSWORD });
  assert.deepEqual(session.user, user);
  await assert.rejects(client.register(registration({ email: user.email })), reason('EMAIL_TAKEN'));
  await assert.rejects(client.register(registration({ phone })), reason('PHONE_TAKEN'));
  const moved = await client.updateMe({ phone: newPhone() }, bearer(session));
  assert.notEqual(moved.user?.phone, phone);
  await client.register(registration({ phone }));
});

/** The service's database as the version before had it, with people in it. */
async function before(t: TestContext, count: number) {
  const own = await testMesh('auth_before');
  t.after(() => own.stop());
  const folder = mkdtempSync(join(tmpdir(), 'kreki-auth-before-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const init = '20261121000000_init';
  cpSync(fileURLToPath(new URL(`../prisma/migrations/${init}`, import.meta.url)), join(folder, init), {
    recursive: true,
  });
  const log = createLogger('test', 'silent');
  const migrations = pathToFileURL(folder);
  await (await openDatabase(own.databaseUrl, { log, name: 'before', migrations })).stop();
  const direct = new pg.Pool({ connectionString: own.databaseUrl, max: 1 });
  own.onStop(() => direct.end());
  const people = Array.from({ length: count }, (_, index) => ({
    id: randomUUIDv7(),
    email: `before-${index}@kreki.test`,
    phone: index % 3 === 0 ? null : `+62811${String(index).padStart(8, '0')}`,
  }));
  await direct.query(
    `INSERT INTO users (id, email, phone, password_hash, full_name, role)
     SELECT id, email, phone, $4, 'Sebelum', 'public' FROM unnest($1::uuid[], $2::text[], $3::text[]) AS p (id, email, phone)`,
    [
      people.map(({ id }) => id),
      people.map(({ email }) => email),
      people.map(({ phone }) => phone),
      await hashPassword(PASSWORD, { memoryKib: 1_024, passes: 1, lanes: 1 }),
    ],
  );
  const config = readConfig(own.env('auth', { SIGNING_KEYS_SECRET: anotherKey(), ...holderUrls(holders) }));
  const start = async () => {
    const service = await startAuth(config);
    own.onStop(() => service.stop());
    return own.client(AuthService, service.url);
  };
  return { own, direct, people, config, log, start };
}

test('an upgrade seals the accounts of the version before, and leaves nothing plain in the table', async (t) => {
  const { direct, people, start } = await before(t, 1_100);
  const client = await start();
  for (const { email, phone } of [people[0], people[1], people.at(-1)].filter((each) => each !== undefined)) {
    const { user } = await client.login({ email: email.toUpperCase(), password: PASSWORD });
    assert.equal(user?.email, email);
    assert.equal(user?.phone, phone ?? '');
    await assert.rejects(client.register(registration({ email })), reason('EMAIL_TAKEN'));
  }
  await direct.query('CHECKPOINT');
  const { rows } = await direct.query(
    `SELECT pg_read_binary_file(pg_relation_filepath('users')) AS bytes, pg_read_binary_file(pg_relation_filepath('users_email_lookup_key')) AS index`,
  );
  assert.ok(rows[0].bytes.includes('Sebelum'), 'the file is the one that holds the accounts');
  for (const plain of ['before-1@kreki.test', 'before-', '+62811', '62811000']) {
    assert.ok(!rows[0].bytes.includes(plain), plain);
    assert.ok(!rows[0].index.includes(plain), plain);
  }
});

test('what a replica of the version before changes while accounts are sealed is sealed as it is then', async (t) => {
  const { own, direct, people, config, log, start } = await before(t, 10);
  const changed = people[1];
  assert.ok(changed);
  const name = '20261122010000_personal_data_plain_gone';
  const steps = dataSteps(new PersonalData(config.personalData));
  const overtaken: DataSteps = {
    [name]: async (client, stepLog) => {
      await steps[name]?.(client, stepLog);
      await client.query(`UPDATE users SET phone = '+628999999999' WHERE id = $1`, [changed.id]);
    },
  };
  const migrations = new URL('../prisma/migrations', import.meta.url);
  await assert.rejects(
    openDatabase(own.databaseUrl, { log, name: 'overtaken', migrations, dataSteps: overtaken }),
    /accounts were changed while they were sealed/,
  );
  const { rows } = await direct.query('SELECT email, phone FROM users WHERE id = $1', [changed.id]);
  assert.deepEqual(rows, [{ email: changed.email, phone: '+628999999999' }]);
  const client = await start();
  const { user } = await client.login({ email: changed.email, password: PASSWORD });
  assert.equal(user?.phone, '+628999999999');
});
