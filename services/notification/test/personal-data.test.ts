import assert from 'node:assert/strict';
import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { UserDeactivatedSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { personalDataSettings, readEnvironment } from '@kreki/runtime/config';
import { openDatabase } from '@kreki/runtime/database/database';
import { createLogger } from '@kreki/runtime/log';
import { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { testMesh } from '@kreki/runtime/testing/harness';
import { readConfig } from '../config.ts';
import { EMAIL, PHONE, WAMID } from '../contacts/personal-data.ts';
import { dataSteps } from '../data-steps.ts';
import { startNotification } from '../service.ts';
import { withoutAddresses } from '../store/without-addresses.ts';
import { offerTo } from './offers.ts';
import { type Somebody, until, type World, world } from './world.ts';

describe('personal data of notification', () => {
  let here: World;
  before(async () => {
    here = await world('notification_personal_data');
  });
  after(() => here.mesh.stop());

  const reached = async (somebody: Somebody) => {
    const offer = await offerTo(here, somebody.userId);
    await until(async () => {
      const { rows } = await here.pool.query(
        'SELECT FROM delivery WHERE user_id = $1 AND emergency_id = $2 AND channel = 2 AND status = $3',
        [somebody.userId, offer.emergencyId, DeliveryStatus.DELIVERED],
      );
      return rows.length === 1;
    });
  };
  /** Everything that the database holds, as text. */
  const everything = async () => {
    const { rows: tables } = await here.pool.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    const texts = await Promise.all(
      tables.map(async ({ tablename }) => {
        const { rows } = await here.pool.query(`SELECT string_agg(${tablename}::text, ' ') AS rows FROM ${tablename}`);
        return rows[0].rows ?? '';
      }),
    );
    return texts.join(' ');
  };

  it('after an alert arrived the database tells neither the phone number nor the e-mail address', async () => {
    const ani = await here.somebody();
    await reached(ani);
    const text = await everything();
    assert.ok(text.includes(ani.userId), 'what is not sealed is seen');
    const digits = ani.phone.slice(1);
    for (const plain of [ani.email, digits]) {
      assert.ok(!text.includes(plain), plain);
      assert.ok(!text.includes(Buffer.from(plain).toString('hex')), `${plain} in hexadecimal`);
    }
    // A message's id from WhatsApp holds the number in base64, at an offset of its own.
    const [message] = await here.messages(ani.phone);
    assert.ok(Buffer.from(message?.id.slice(6) ?? '', 'base64url').includes(digits), 'as the simulator makes it');
    assert.ok(!text.includes(message?.id ?? ''));
  });

  it('what a provider says of a failure is kept without the address that it repeats', () => {
    const kept = [
      [
        '550: 5.1.1 <sari.dewi@kreki.example>: Recipient address rejected',
        '550: 5.1.1 <[address]>: Recipient address rejected',
      ],
      ['131026: Message undeliverable to 6281234567890', '131026: Message undeliverable to [number]'],
      ['131030: +62 812-3456-7890 is not in the list', '131030: [number] is not in the list'],
      ['ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:8096', 'ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:8096'],
      ['HTTP 502 of 192.168.100.200', 'HTTP 502 of 192.168.100.200'],
      ['no message 0199c0de-0000-7000-8000-000000000001', 'no message 0199c0de-0000-7000-8000-000000000001'],
    ];
    for (const [said = '', stored] of kept) assert.equal(withoutAddresses(said), stored);
  });

  it('of a closed account nothing is kept by which somebody could be reached', async () => {
    const ani = await here.somebody();
    await reached(ani);
    const deactivateTime = timestampFromDate(new Date());
    await here.events.publish(UserDeactivatedSchema, { userId: ani.userId, deactivateTime }, ani.userId);
    const contact = await until(async () => {
      const { rows } = await here.pool.query('SELECT * FROM contact WHERE user_id = $1 AND NOT active', [ani.userId]);
      return rows[0];
    });
    assert.deepEqual([contact.email_sealed, contact.phone_sealed, contact.full_name], [null, null, '']);
    const { rowCount } = await here.pool.query('SELECT FROM device WHERE user_id = $1', [ani.userId]);
    assert.equal(rowCount, 0);
  });

  it('after a rotation the old key is not needed', async () => {
    const ani = await here.somebody();
    await reached(ani);
    await here.service.stop();
    const rotated = `2:${randomBytes(32).toString('base64')}`;
    const keys = (ring: string) => readConfig({ ...here.env, PERSONAL_DATA_KEYS: ring });
    const both = await startNotification(keys(`${rotated},${here.env.PERSONAL_DATA_KEYS}`));
    await until(async () => {
      const { rows } = await here.pool.query(
        `SELECT FROM contact WHERE get_byte(phone_sealed, 2) <> 2 OR get_byte(email_sealed, 2) <> 2`,
      );
      return rows.length === 0;
    });
    await both.stop();
    const { rows } = await here.pool.query('SELECT email_sealed, phone_sealed FROM contact WHERE user_id = $1', [
      ani.userId,
    ]);
    const alone = new PersonalData(keys(rotated).personalData);
    assert.equal(alone.open(PHONE, ani.userId, rows[0].phone_sealed), ani.phone);
    assert.equal(alone.open(EMAIL, ani.userId, rows[0].email_sealed), ani.email);
  });
});

describe('an upgrade from the version that kept contacts in plain', () => {
  it('seals them, names messages by their hashes, and masks addresses in failures', async (t) => {
    const mesh = await testMesh('notification_before');
    t.after(() => mesh.stop());
    const folder = mkdtempSync(join(tmpdir(), 'kreki-notification-before-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const init = '20261121000000_init';
    const migrations = new URL('../prisma/migrations/', import.meta.url);
    cpSync(fileURLToPath(new URL(init, migrations)), join(folder, init), { recursive: true });
    const log = createLogger('test', 'silent');
    const old = await openDatabase(mesh.databaseUrl, { log, name: 'before', migrations: pathToFileURL(folder) });
    const people = Array.from({ length: 3 }, (_, index) => ({
      id: randomUUIDv7(),
      phone: `+62811${70_000_000 + index}`,
    }));
    const wamidOf = (phone: string) => `wamid.${Buffer.from(`\x1c\x18\r${phone.slice(1)}`).toString('base64url')}`;
    for (const { id, phone } of people) {
      await old.pool.query(`INSERT INTO contact (user_id, email, phone, fetch_time) VALUES ($1, $2, $3, now())`, [
        id,
        `${id}@kreki.test`,
        phone,
      ]);
      await old.pool.query(
        `INSERT INTO delivery (id, notification_id, user_id, channel, priority, status, provider_id, error)
         VALUES ($1, $2, $3, 2, 1, 6, $4, $5)`,
        [randomUUID(), randomUUID(), id, wamidOf(phone), `131026: ${phone} cannot be reached`],
      );
      for (const status of [3, 4])
        await old.pool.query('INSERT INTO whatsapp_receipt (wamid, status) VALUES ($1, $2)', [wamidOf(phone), status]);
    }
    await old.pool.query('INSERT INTO contact (user_id, active) VALUES ($1, false)', [randomUUID()]);
    await old.stop();

    const env = mesh.env('notification');
    const personalData = new PersonalData(readEnvironment(env, personalDataSettings).personalData);
    const nameOf = (wamid: string) => personalData.lookup(WAMID, wamid).toString('base64url');
    const steps = dataSteps(personalData, nameOf);
    const database = await openDatabase(mesh.databaseUrl, { log, name: 'after', migrations, dataSteps: steps });
    t.after(() => database.stop());
    for (const { id, phone } of people) {
      const [contact] = (await database.pool.query('SELECT * FROM contact WHERE user_id = $1', [id])).rows;
      assert.equal(personalData.open(PHONE, id, contact.phone_sealed), phone);
      assert.equal(personalData.open(EMAIL, id, contact.email_sealed), `${id}@kreki.test`);
      const [delivery] = (await database.pool.query('SELECT * FROM delivery WHERE user_id = $1', [id])).rows;
      assert.equal(delivery.provider_id, nameOf(wamidOf(phone)));
      assert.equal(delivery.error, '131026: [number] cannot be reached');
      const receipts = await database.pool.query('SELECT FROM whatsapp_receipt WHERE wamid = $1', [
        delivery.provider_id,
      ]);
      assert.equal(receipts.rowCount, 2);
    }
    await database.pool.query('CHECKPOINT');
    const { rows } = await database.pool.query(`SELECT pg_read_binary_file(pg_relation_filepath('contact')) AS bytes`);
    for (const plain of ['+6281170', '@kreki.test']) assert.ok(!rows[0].bytes.includes(plain), plain);
  });
});
