import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { serversOf } from '@kreki/runtime/events/bus';
import { ensureDeadLetterStream } from '@kreki/runtime/events/streams';
import chromium from '@sparticuz/chromium';
import { connect, headers } from 'nats';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { findPortBlock } from '../../chaos/environment/port-block.ts';
import { bringUp } from '../../local/bring-up.ts';
import { drill } from '../../local/drill.ts';
import { dataFolder } from '../../local/folders.ts';
import type { Account, Mesh } from '../../local/mesh.ts';
import { Processes } from '../../local/processes.ts';
import { makeRunFolder, removeRunFolder } from '../../local/run-folder.ts';
import { seed } from '../../local/seed.ts';
import { Steps } from '../../local/steps.ts';

/** As long as a start of everything, a drill and a look at every view may take on a machine that is busy otherwise. */
const timeout = 600_000;
const PATIENCE_MS = 60_000;
const VIEWS = [
  'map',
  'services',
  'services/emergency',
  'traces',
  'calls',
  'events',
  'events?show=record',
  'contracts',
  'objectives',
  'logs',
];

let natsUrl: string;
let folder: string;
let processes: Processes;
let mesh: Mesh;
let accounts: Account[];
let browser: Browser;
let page: Page;
let base: string;

before(
  async () => {
    folder = await makeRunFolder(join(dataFolder, 'dashboard'));
    processes = new Processes({ folder, onEnd: () => {} });
    const { ports } = await findPortBlock();
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_URL$|^OTEL_/.test(name)));
    const up = await bringUp({ folder, env, disposable: true, ports, processes, steps: new Steps(), dashboard: true });
    mesh = { ...up.mesh, log: () => undefined };
    natsUrl = up.urls.nats;
    accounts = await seed(mesh);
    writeFileSync(join(folder, 'accounts.json'), JSON.stringify(accounts));
    // One press with everything that follows, from the acknowledgement to the completion: what the views are to show.
    await drill(mesh, accounts);
    browser = await playwright.launch({
      executablePath: await chromium.executablePath(),
      // Not the package's own flags, with which the processor plays a GPU.
      args: ['--no-sandbox', '--disable-gpu'],
      headless: true,
    });
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-US' });
    page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    base = new URL(mesh.dashboardUrl ?? '').origin;
  },
  { timeout },
);

after(async () => {
  await browser?.close();
  await processes?.stop();
  removeRunFolder(folder);
});

/** Puts an event where a consumer puts what it gives up. */
async function giveUp(): Promise<void> {
  const connection = await connect(serversOf(natsUrl));
  try {
    await ensureDeadLetterStream(await connection.jetstreamManager());
    const subject = 'kreki.notification.v1.OfferAnswered';
    const described = headers();
    for (const [name, value] of Object.entries({
      'ce-id': 'given-up',
      'ce-type': subject,
      'kreki-durable': 'emergency-replies',
      'kreki-reason': 'the volunteer is unknown',
      'kreki-attempts': '5',
      'kreki-subject': subject,
    }))
      described.set(name, value);
    await connection
      .jetstream()
      .publish(`kreki.dead.emergency-replies.${subject}`, new Uint8Array(), { headers: described });
  } finally {
    await connection.close();
  }
}

const seen = (text: string | RegExp) => page.getByText(text).first().waitFor();

test('nobody sees anything without signing in; a wrong password is said; the launcher’s address opens signed in', {
  timeout,
}, async () => {
  await page.goto(`${base}/logs`);
  await page.getByLabel('E-mail').fill('admin@kreki.example');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.goto('about:blank');
  await page.goto(mesh.dashboardUrl ?? '');
  await page.getByRole('heading', { name: 'Map', level: 1 }).waitFor();
  assert.ok(!page.url().includes('key='), 'the key stays in the address');
});

test('the code of the page is sent compressed, and browsers keep it', async () => {
  const html = await (await fetch(`${base}/map`)).text();
  const [asset = ''] = /\/assets\/index-[\w-]+\.js/.exec(html) ?? [];
  const { headers: sent } = await fetch(base + asset, { headers: { 'accept-encoding': 'br' } });
  assert.deepEqual(
    [sent.get('content-encoding'), sent.get('cache-control')],
    ['br', 'public, max-age=31536000, immutable'],
  );
  assert.equal((await fetch(`${base}/map`)).headers.get('cache-control'), 'no-cache');
});

test('the map shows who calls whom, over mTLS, and the address says what is chosen', { timeout }, async () => {
  await page.goto(`${base}/map?selected=gateway:gateway>service:emergency`);
  await page.getByRole('complementary', { name: 'gateway → emergency' }).getByText('mTLS, both ends known').waitFor();
  await page.locator('.react-flow__edge[data-id="gateway:gateway>service:emergency"] path.call').waitFor();
  await page.goto(`${base}/map?selected=stream:EVENTS_emergency`);
  const stream = page.getByRole('complementary', { name: 'EVENTS_emergency' });
  await stream.getByText('Serving').waitFor();
  await stream.getByRole('button', { name: '→ notification' }).first().click();
  await page.getByRole('complementary', { name: 'EVENTS_emergency → notification' }).waitFor();
});

test('the services table leads to a service with its RPCs, instances and consumers', { timeout }, async () => {
  await page.goto(`${base}/services`);
  await page.getByRole('link', { name: 'emergency', exact: true }).click();
  await page.getByRole('button', { name: 'EmergencyService/TriggerPanic' }).click();
  await page.getByRole('img', { name: /Durations of EmergencyService\/TriggerPanic/ }).waitFor();
  await seen('emergency-replies');
});

test('from a press one finds its trace across edge, services, SQL, JetStream and providers, and from there the whole story', {
  timeout,
}, async () => {
  await page.goto(`${base}/traces?operation=TriggerPanic`);
  await page
    .getByRole('link', { name: /TriggerPanic/ })
    .first()
    .click();
  const spans = (await page.getByRole('list', { name: 'Spans' }).textContent()) ?? '';
  const parts = [
    'gateway',
    'redis limits and revocations',
    'sql insert_presses',
    'publish EmergencyRequested',
    'dispatch',
    'volunteer VolunteerService/FindNearby',
    'publish OffersMade',
    'process OffersMade',
    'send fcm',
    'send whatsapp',
  ];
  for (const part of parts) assert.ok(spans.includes(part), `${part} is not in ${spans}`);
  await page.getByRole('link', { name: 'The whole story of the emergency' }).click();
  await seen('EmergencyCompleted');
  const story = (await page.locator('.story').textContent()) ?? '';
  const steps = ['EmergencyRequested', 'OffersMade', 'ResponderAccepted', 'EmergencyCompleted'];
  const places = steps.map((step) => story.indexOf(step));
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
    story,
  );
  assert.ok(
    places.every((place) => place >= 0),
    story,
  );
});

test('calls appear while they pass', { timeout }, async () => {
  await page.goto(`${base}/calls?rpc=GetJwks`);
  const call = setInterval(() => void fetch(`${mesh.edgeUrl}/.well-known/jwks.json`).catch(() => undefined), 500);
  try {
    await page.getByRole('cell', { name: 'AuthService/GetJwks' }).first().waitFor();
  } finally {
    clearInterval(call);
  }
});

test('events are decoded, with nothing personal in them', { timeout }, async () => {
  await page.goto(`${base}/events?stream=EVENTS_emergency`);
  await page.getByRole('cell', { name: 'EmergencyCompleted' }).first().waitFor();
  const shown = (await page.locator('main').textContent()) ?? '';
  for (const { email, name } of accounts) assert.ok(!shown.includes(email) && !shown.includes(name), name);
});

test('a dead letter is dropped after a question, and the audit log says who did it', { timeout }, async () => {
  await giveUp();
  await page.goto(`${base}/events?show=dead`);
  await page
    .getByRole('row', { name: /the volunteer is unknown/ })
    .getByRole('button', { name: 'Drop' })
    .click();
  const question = page.getByRole('dialog', { name: /emergency-replies will never handle it/ });
  await question.getByRole('button', { name: 'Drop' }).click();
  await seen('No dead letters');
  await page.getByRole('button', { name: 'Audit log' }).click();
  await page.getByRole('row', { name: /admin .* DropDeadLetter deadletters\/1 .*emergency-replies OK/ }).waitFor();
  await seen('The record is intact: 1 entries checked');
});

test('an RPC is shown as its contract has it, and tried as oneself', { timeout }, async () => {
  await page.goto(`${base}/contracts?rpc=kreki.auth.v1.AuthService/GetMe`);
  await page.getByRole('button', { name: 'Call', exact: true }).click();
  await seen(/^ok after/);
  await seen(/admin@kreki\.example/);
});

test('objectives count what happened', { timeout }, async () => {
  await page.goto(`${base}/objectives`);
  await page
    .locator('.card', { hasText: 'The first volunteers are offered within 5 s' })
    .getByText(/of 1 within 30 days/)
    .waitFor();
});

test('logs are followed and led to their traces', { timeout }, async () => {
  await page.goto(`${base}/logs?workload=emergency&text=serving`);
  await page
    .getByRole('row', { name: /emergency info/ })
    .first()
    .waitFor();
});

test('every view speaks Indonesian', { timeout }, async () => {
  await page.goto(`${base}/services`);
  await page.getByLabel('Language').selectOption('id');
  await page.getByRole('heading', { name: 'Layanan', level: 1 }).waitFor();
  await seen('Layanan menurut sinyal emasnya');
  await page.getByLabel('Bahasa').selectOption('en');
});

test('axe finds nothing serious in any view, light or dark', { timeout }, async () => {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.evaluate((theme) => localStorage.setItem('theme', theme), colorScheme);
    for (const view of VIEWS) {
      await page.goto(`${base}/${view}`);
      await page.locator('.spinner').first().waitFor({ state: 'detached' });
      await page.locator('main > *').first().waitFor();
      const { violations } = await new AxeBuilder({ page }).analyze();
      for (const { id, impact, nodes } of violations) {
        if (impact === 'serious' || impact === 'critical')
          found.push(`${colorScheme} ${view}: ${id} ${nodes[0]?.html}`);
      }
    }
  }
  assert.deepEqual(found, []);
});

test('what the page counts is what was called', { timeout }, async () => {
  const calls = 200;
  for (let sent = 0; sent < calls; sent += 1) {
    await (await fetch(`${mesh.edgeUrl}/api/emergency/no-such-thing/${sent}`)).arrayBuffer();
    await (await fetch(`${mesh.edgeUrl}/api/auth/sessions`)).arrayBuffer();
  }
  const row = page.locator('tr', { hasText: 'AuthService/ListSessions' });
  await page.goto(`${base}/services/gateway`);
  await row.getByText(`unauthenticated ${calls}`).waitFor();
});
