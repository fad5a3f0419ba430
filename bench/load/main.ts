import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { citizens } from './citizens.ts';
import { device } from './edge.ts';
import { pressAndFollow } from './follow.ts';
import { percentile, spread } from './percentiles.ts';

/**
 * `npm run load`: presses on a mesh that `npm start` runs, at a steady rate; two phones of each emergency accept by WhatsApp, a dispatcher
 * completes it, and an audit follows. How long it takes with 100,000 volunteers is `npm run bench -- phone`, what happens when things break
 * `npm run chaos`.
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

const dispatcherToken = await signIn('dispatcher');
console.log(`preparing ${rate * seconds} people …`);
const people = await citizens(values.edge, rate * seconds, '.kreki/load-citizens.json');
console.log(`pressing ${rate} times a second for ${seconds} s …`);
const followed = await pressAndFollow({
  edgeUrl: values.edge,
  simulatorsUrl: values.simulators,
  dispatcherToken,
  people,
  perSecond: rate,
  reachedWithinMs: 60_000,
});
await sleep(Number(values.settle) * 1_000);
const { acknowledgedMs, offeredMs, pushMs, whatsappMs, messages, violations } = await followed.audit();

const rows = [
  ['press → acknowledged', acknowledgedMs, TARGETS_MS.acknowledged],
  ['press → offered', offeredMs, TARGETS_MS.offered],
  ['press → push', pushMs, TARGETS_MS.received],
  ['press → WhatsApp', whatsappMs, TARGETS_MS.received],
] as const;
for (const [label, times, targetMs] of rows) {
  const held = (percentile(times, 95) ?? Number.POSITIVE_INFINITY) <= targetMs;
  if (!held) violations.push(`${label}: p95 over ${targetMs} ms`);
  console.log(`${held ? '✓' : '✗'} ${label.padEnd(22)} ${spread(times)}   target p95 ${targetMs} ms`);
}
const { presses } = followed;
const pressedAgain = presses.filter(({ attempts }) => attempts > 1).length;
const { total, repeated, replaced } = messages;
console.log(`  ${presses.length} presses, ${pressedAgain} pressed again after an error or a time-out`);
console.log(`  ${total} messages on phones, ${repeated} shown twice, ${replaced} pushes replaced by themselves`);
for (const violation of violations.slice(0, 20)) console.log(`✗ ${violation}`);
console.log(
  violations.length === 0
    ? '✓ every acknowledged press was offered and delivered, none twice'
    : `✗ ${violations.length} violations`,
);
process.exit(violations.length === 0 ? 0 : 1);

async function signIn(role: string): Promise<string> {
  const accounts: { role: string; email: string; password: string }[] = JSON.parse(
    readFileSync('.kreki/accounts.json', 'utf8'),
  );
  const account = accounts.find((each) => each.role === role);
  if (!account) throw new Error(`.kreki/accounts.json has no ${role}: is the mesh running?`);
  const { accessToken } = await device(values.edge, AuthService).login(account);
  return accessToken;
}
