import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { audit } from './audit.ts';
import { citizens } from './citizens.ts';
import { device } from './edge.ts';
import { percentile, spread } from './percentiles.ts';
import { Phones } from './phones.ts';
import { placesNearVolunteers } from './places.ts';
import { type Press, pressSteadily } from './press.ts';

/**
 * `npm run load`: presses on a mesh that `npm start` runs, at a steady rate; two phones of each emergency accept by WhatsApp, a dispatcher
 * completes it, and an audit follows. What happens when things break is `npm run chaos`.
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '60' },
    edge: { type: 'string', default: 'http://127.0.0.1:8080' },
    simulators: { type: 'string', default: 'http://127.0.0.1:8095' },
    settle: { type: 'string', default: '20' },
  },
});
const rate = Number(values.rate);
const seconds = Number(values.seconds);

const TARGETS_MS = { acknowledged: 500, offered: 5_000, received: 10_000 };
const REACHED_WITHIN_MS = 60_000;
const ANSWER_AFTER_MS = 2_000;
const COMPLETE_AFTER_MS = 4_000;
const COMPLETE_ATTEMPTS = 40;

const dispatcherToken = await signIn('dispatcher');
const dispatcher = device(values.edge, EmergencyService, { token: dispatcherToken });
const place = await placesNearVolunteers(dispatcher);
console.log(`preparing ${rate * seconds} people …`);
const people = await citizens(values.edge, rate * seconds, '.kreki/load-citizens.json');

const phones = new Phones(values.simulators);
phones.start();
const startMs = Date.now();
const lives: Promise<void>[] = [];
console.log(`pressing ${rate} times a second for ${seconds} s …`);
const presses = await pressSteadily(values.edge, people, rate, place, (pressed) => lives.push(live(pressed)));
await Promise.all(lives);
await sleep(Number(values.settle) * 1_000);
await phones.stop();

const findings = await audit(values.edge, dispatcherToken, presses, phones.alerts);
const { total, duplicates } = await phones.summary(startMs);
// A push that goes out again after a crash replaces itself on the phone by its tag; a WhatsApp message would be a second one.
const replaced = duplicates.filter(({ channel }) => channel === 'push').length;
const repeated = duplicates.length - replaced;
if (repeated > 0)
  findings.violations.push(`${repeated} messages arrived twice: ${JSON.stringify(duplicates.slice(0, 3))}`);

const rows = [
  ['press → acknowledged', findings.acknowledgedMs, TARGETS_MS.acknowledged],
  ['press → offered', findings.offeredMs, TARGETS_MS.offered],
  ['press → push', findings.pushMs, TARGETS_MS.received],
  ['press → WhatsApp', findings.whatsappMs, TARGETS_MS.received],
] as const;
for (const [label, times, targetMs] of rows) {
  const held = (percentile(times, 95) ?? Number.POSITIVE_INFINITY) <= targetMs;
  if (!held) findings.violations.push(`${label}: p95 over ${targetMs} ms`);
  console.log(`${held ? '✓' : '✗'} ${label.padEnd(22)} ${spread(times)}   target p95 ${targetMs} ms`);
}
const pressedAgain = presses.filter(({ attempts }) => attempts > 1).length;
console.log(`  ${presses.length} presses, ${pressedAgain} pressed again after an error or a time-out`);
console.log(`  ${total} messages on phones, ${repeated} shown twice, ${replaced} pushes replaced by themselves`);
for (const violation of findings.violations.slice(0, 20)) console.log(`✗ ${violation}`);
console.log(
  findings.violations.length === 0
    ? '✓ every acknowledged press was offered and delivered, none twice'
    : `✗ ${findings.violations.length} violations`,
);
process.exit(findings.violations.length === 0 ? 0 : 1);

/** An emergency after its press: once phones were reached, two accept, then the dispatcher completes it. */
async function live(pressed: Promise<Press>): Promise<void> {
  const { emergencyId: id } = await pressed;
  if (!id || !(await phones.reached(id, REACHED_WITHIN_MS))) return;
  await sleep(ANSWER_AFTER_MS);
  const reached = [...(phones.alerts.get(id)?.whatsapp.keys() ?? [])].slice(0, 2);
  await Promise.all(reached.map((phone) => phones.accept(phone).catch(() => undefined)));
  await sleep(COMPLETE_AFTER_MS);
  for (let attempt = 0; attempt < COMPLETE_ATTEMPTS; attempt++) {
    const done = await dispatcher.complete({ id }).then(
      () => true,
      () => false,
    );
    if (done) return;
    await sleep(500);
  }
}

async function signIn(role: string): Promise<string> {
  const accounts: { role: string; email: string; password: string }[] = JSON.parse(
    readFileSync('.kreki/accounts.json', 'utf8'),
  );
  const account = accounts.find((each) => each.role === role);
  if (!account) throw new Error(`.kreki/accounts.json has no ${role}: is the mesh running?`);
  const { accessToken } = await device(values.edge, AuthService).login(account);
  return accessToken;
}
