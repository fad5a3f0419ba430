import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { findPortBlock } from '../../chaos/environment/port-block.ts';
import { type BroughtUp, bringUp } from '../bring-up.ts';
import { type Person, register, signIn } from '../drill/person.ts';
import { drill } from '../drill.ts';
import { dataFolder } from '../folders.ts';
import { Processes } from '../processes.ts';
import { makeRunFolder, removeRunFolder } from '../run-folder.ts';
import { seed } from '../seed.ts';
import { findFolder } from '../servers/binaries.ts';
import { Steps } from '../steps.ts';
import { filesOf, readable } from './at-rest.ts';

const timeout = 600_000;
const PASSWORD = 'At-rest-119';

let folder: string;
let processes: Processes;
let up: BroughtUp;
let admin: Person;
const phones = new Set<string>();
const lines: string[] = [];

/** Everything at its most talkative, and a press that ends with help on the way. */
before(
  async () => {
    folder = await makeRunFolder(join(dataFolder, 'at-rest'));
    processes = new Processes({ folder, onEnd: () => undefined });
    const servers = Object.entries(process.env).filter(([name]) => !name.endsWith('_URL'));
    const env = { ...Object.fromEntries(servers), LOG_LEVEL: 'trace' };
    const { ports } = await findPortBlock();
    up = await bringUp({ folder, env, disposable: true, ports, processes, steps: new Steps() });
    const accounts = await seed(up.mesh);
    await drill({ ...up.mesh, log: (line) => lines.push(line) }, accounts);
    const account = accounts.find(({ role }) => role === 'admin');
    admin = await signIn(up.mesh.edgeUrl, account?.email ?? '', account?.password ?? '');
    for (let pageToken = '', more = true; more; more = pageToken !== '') {
      const page = await admin.call(UserAdminService).listUsers({ pageSize: 100, pageToken });
      for (const { phone } of page.users) if (phone) phones.add(phone);
      pageToken = page.nextPageToken;
    }
  },
  { timeout },
);
after(async () => {
  await processes?.stop();
  removeRunFolder(folder);
});

test('what can be read is found in whatever form it is written', () => {
  const known = new Set(['+6281234567890']);
  const text = 'sari@kreki.example has 6281234567890';
  const digits = '6281234567890';
  const forms = [
    text,
    Buffer.from(text).toString('hex'),
    JSON.stringify(Buffer.from(text)),
    ...['', 'x', 'xx'].map((before) => Buffer.from(`${before}${text}`).toString('base64')),
  ];
  for (const form of forms) assert.ok(readable(Buffer.from(form), known, { decode: true }).length > 0, form);
  const numberAlone = [digits, `0${digits.slice(2)}`, Buffer.from(digits).toString('hex')];
  for (const form of numberAlone) assert.deepEqual(readable(Buffer.from(form), known, { decode: false }), [digits]);
  const wamid = `wamid.${Buffer.from(`\x1c\x18\r${digits}\x15\x02`).toString('base64url')}AAAA`;
  assert.deepEqual([...new Set(readable(Buffer.from(wamid), known, { decode: true }))], [digits]);
  assert.deepEqual(readable(Buffer.from('1795262811123456789 kreki.id'), known, { decode: true }), []);
});

test('after a press, refusals and failures, no file of the mesh holds a phone number or an e-mail address', {
  timeout,
}, async () => {
  assert.ok(phones.size > 2_000, `${phones.size} people have phones`);
  const { edgeUrl, simulatorsUrl } = up.mesh;
  const sari = {
    email: 'sari.at.rest@kreki.example',
    phone: '+6281388776655',
    password: PASSWORD,
    fullName: 'Sari Tersimpan',
  };
  phones.add(sari.phone);
  // Mail to her is refused in words that repeat her address.
  const fault = { provider: 'smtp', target: sari.email, fault: 'unregistered' };
  assert.ok((await fetch(`${simulatorsUrl}/control`, { method: 'POST', body: JSON.stringify(fault) })).ok);
  const person = await register(edgeUrl, sari);
  await assert.rejects(register(edgeUrl, sari), /e-mail/);
  await assert.rejects(register(edgeUrl, { ...sari, email: 'other.at.rest@kreki.example' }), /phone/);
  await assert.rejects(register(edgeUrl, { ...sari, phone: 'sari.at.rest@kreki.example' }));
  await assert.rejects(signIn(edgeUrl, sari.email, 'Wrong-119'), /wrong/);
  const found = await admin.call(UserAdminService).listUsers({ query: sari.email });
  assert.deepEqual(
    found.users.map(({ id }) => id),
    [person.userId],
  );
  const refused = await until(async () => {
    const { deliveries } = await admin.call(NotificationService).listDeliveries({ userId: person.userId });
    return deliveries.find(({ error }) => error !== '');
  });
  assert.match(refused.error, /550.*<\[address\]>: Recipient address rejected/);

  const { postgres } = up.urls;
  const dumps = await Promise.all(Object.keys(up.databaseUrls).map((name) => dump(postgres, `kreki_${name}`)));
  const dumped = dumps.join('\n');
  assert.ok(dumped.includes('Sari Tersimpan') && dumped.includes(person.userId), 'the dumps hold what is not sealed');
  assert.deepEqual(readable(Buffer.from(dumped), phones, { decode: true }), []);

  await processes.stop();
  // The simulators stand for the world outside.
  const files = filesOf(folder).filter(({ path }) => path !== 'logs/simulators.log');
  const seen = new Set<string>();
  for (const { path, content } of files) {
    const bytes = content();
    const part = path.split('/').slice(0, 2).join('/');
    if ([person.userId, 'Sari Tersimpan', 'AuthService/Register'].some((plain) => bytes.includes(plain)))
      seen.add(part);
    const decode = !path.startsWith('servers/postgres') && bytes.length < 4_000_000;
    assert.deepEqual(readable(bytes, phones, { decode }), [], path);
  }
  for (const part of ['servers/postgres', 'servers/nats', 'logs/auth.log']) {
    assert.ok(seen.has(part), `what is not sealed is seen in ${part}`);
  }
});

async function dump(postgres: string, database: string): Promise<string> {
  const url = new URL(postgres);
  url.pathname = `/${database}`;
  const program = join(findFolder(['pg_dump']) ?? '', 'pg_dump');
  const { stdout } = await promisify(execFile)(program, ['--dbname', url.href], { maxBuffer: 1 << 29 });
  return stdout;
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not happen within a minute');
}
