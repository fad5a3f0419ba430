import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogger } from '@kreki/runtime/log';
import { type Alert, Alerts, burnRate } from '../objectives/alerts.ts';
import { Ledger, minuteOf } from '../objectives/ledger.ts';
import { OBJECTIVES, type Objective } from '../objectives/objectives.ts';
import { webhook } from '../objectives/webhook.ts';
import { durations, FIVE_MINUTES, measure, NOW_MS, telemetryOf } from './made.ts';

const log = createLogger('test', 'silent');
const objective = (id: string): Objective => {
  const found = OBJECTIVES.find((each) => each.id === id);
  assert.ok(found, id);
  return found;
};

test('a press is good when it was acknowledged in time; who was refused was promised nothing', () => {
  const telemetry = telemetryOf();
  const press = (code: string, count: number, seconds: number, method = 'TriggerPanic') =>
    measure(telemetry, {
      workload: 'gateway',
      metric: 'kreki.edge.call.duration',
      attributes: { 'rpc.method': `kreki.emergency.v1.EmergencyService/${method}`, 'rpc.response.status_code': code },
      value: durations(count, seconds),
    });
  press('OK', 80, 0.02);
  press('OK', 10, 0.9);
  press('UNAVAILABLE', 10, 0.02);
  press('INVALID_ARGUMENT', 40, 0.02);
  press('OK', 500, 0.02, 'Get');
  assert.deepEqual(objective('press-acknowledged').count(telemetry, FIVE_MINUTES), { total: 100, good: 80 });
  assert.deepEqual(objective('available-edge').count(telemetry, FIVE_MINUTES), { total: 640, good: 630 });
});

test('availability of a tier counts its own services, and their faults only', () => {
  const telemetry = telemetryOf();
  for (const [workload, code, count] of [
    ['emergency', 'OK', 90],
    ['emergency', 'DEADLINE_EXCEEDED', 4],
    ['emergency', 'NOT_FOUND', 6],
    ['auth', 'INTERNAL', 50],
  ] as const) {
    const attributes = { 'rpc.method': 'x/y', 'rpc.response.status_code': code };
    measure(telemetry, { workload, metric: 'rpc.server.call.duration', attributes, value: durations(count) });
  }
  assert.deepEqual(objective('available-tier-1').count(telemetry, FIVE_MINUTES), { total: 100, good: 96 });
  assert.deepEqual(objective('available-tier-2').count(telemetry, FIVE_MINUTES), { total: 50, good: 0 });
});

/** Three days of 100 good calls a minute, and then minutes of which each has so many bad ones. */
function history(bad: readonly number[], { perMinute = 100, lookEvery = 1 } = {}) {
  const ledger = new Ledger(undefined);
  const told: string[] = [];
  const alerts = new Alerts(({ id, endMs }) => told.push(`${id} ${endMs === undefined ? 'begins' : 'ends'}`));
  const tier = objective('available-tier-2');
  let minute = minuteOf(NOW_MS) - 72 * 60;
  for (; minute < minuteOf(NOW_MS); minute += 1) ledger.set(tier.id, minute, { total: perMinute, good: perMinute });
  const pass = (each: readonly number[]) => {
    for (const [index, failed] of each.entries()) {
      ledger.set(tier.id, minute, { total: perMinute, good: perMinute - failed });
      minute += 1;
      if (index % lookEvery === 0) alerts.check(tier, ledger, minute * 60_000);
    }
  };
  pass(bad);
  return { alerts, told, pass };
}

const minutes = (count: number, bad: number): number[] => Array.from({ length: count }, () => bad);

test('a budget that is spent too fast for an hour pages once, and the page ends minutes after the fault', () => {
  const { told, alerts, pass } = history(minutes(60, 2));
  assert.deepEqual(told, ['available-tier-2:fast begins']);
  assert.equal(alerts.all[0]?.severity, 'page');
  assert.match(
    alerts.all[0]?.message ?? '',
    /Services of tier 2 answer: the error budget is spent 20\.0 times too fast/,
  );
  pass(minutes(4, 0));
  assert.deepEqual(told.slice(1), ['available-tier-2:fast ends']);
});

test('a short burst is no reason to wake anybody, and a slow leak is a ticket', () => {
  assert.deepEqual(history(minutes(2, 20)).told, []);
  const leak = history(
    Array.from({ length: 72 * 60 }, (_, minute) => (minute % 5 === 0 ? 1 : 0)),
    {
      lookEvery: 60,
    },
  );
  assert.deepEqual(leak.told, ['available-tier-2:slow begins']);
  assert.equal(leak.alerts.all[0]?.severity, 'ticket');
});

test('a rule says nothing of a window with fewer than ten calls, whatever became of them', () => {
  const { told } = history(minutes(60, 1), { perMinute: 1 });
  assert.deepEqual(told, ['available-tier-2:medium begins', 'available-tier-2:slow begins']);
});

test('a budget burns at rate 1 when just as much fails as may', () => {
  assert.ok(Math.abs(burnRate({ total: 1_000, good: 999 }, 0.999) - 1) < 1e-9);
  assert.equal(burnRate({ total: 0, good: 0 }, 0.999), 0);
});

test('what was counted outlives a restart, for thirty days', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-ledger-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'objectives.json');
  const ledger = new Ledger(file);
  const now = minuteOf(NOW_MS);
  ledger.set('x', now - 31 * 24 * 60, { total: 7, good: 0 });
  ledger.set('x', now - 60, { total: 5, good: 4 });
  ledger.set('x', now, { total: 3, good: 3 });
  ledger.save();
  const again = new Ledger(file);
  assert.deepEqual(again.within('x', NOW_MS, 40 * 86_400_000), { total: 8, good: 7 });
  assert.deepEqual(again.within('x', NOW_MS, 600_000), { total: 3, good: 3 });
});

test('thirty days are kept by the hour but for the last three, and every window still counts what was in it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-ledger-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'objectives.json');
  const ledger = new Ledger(file);
  const now = minuteOf(NOW_MS);
  for (let age = 30 * 24 * 60 - 1; age >= 0; age -= 1) ledger.set('x', now - age, { total: 10, good: 9 });
  for (const hours of [1, 6, 72]) {
    const minutes = hours * 60;
    assert.deepEqual(ledger.within('x', NOW_MS, minutes * 60_000), { total: 10 * minutes, good: 9 * minutes });
  }
  const whole = ledger.within('x', NOW_MS, 30 * 86_400_000);
  // Of the hour that the thirty days begin in, all or nothing.
  assert.ok(whole.total > (30 * 24 - 1) * 600 && whole.total <= 432_000, `${whole.total}`);
  assert.equal(whole.good, whole.total * 0.9);
  ledger.save();
  const rows: Record<string, unknown[]> = JSON.parse(readFileSync(file, 'utf8'));
  assert.ok((rows.x?.length ?? 0) <= 74 * 60 + 30 * 24, `${rows.x?.length} rows`);
  assert.equal(ledger.history('x', NOW_MS, 3_600_000).length, 60);
  assert.deepEqual(new Ledger(file).within('x', NOW_MS, 30 * 86_400_000), whole);
});

test('an alert is posted in Slack’s format, again when it was not taken, and once more when it is over', async (t) => {
  const posted: { type: string | undefined; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse((await Array.fromAsync(request)).join(''));
    posted.push({ type: request.headers['content-type'], body });
    response.writeHead(posted.length === 1 ? 500 : 200).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const post = webhook(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'https://mesh.kreki.id', log);
  const alert: Alert = {
    ...{ id: 'x:fast', objectiveId: 'x', severity: 'page', message: 'the budget is spent' },
    ...{ startMs: NOW_MS, endMs: undefined, delivered: undefined },
  };
  post(alert);
  await until(() => alert.delivered === true);
  const text = '🔴 the budget is spent\nhttps://mesh.kreki.id/objectives';
  assert.deepEqual(posted, [
    { type: 'application/json', body: { text } },
    { type: 'application/json', body: { text } },
  ]);
  post({ ...alert, endMs: NOW_MS + 1 });
  await until(() => posted.length === 3);
  assert.deepEqual(posted[2]?.body, { text: '🟢 Over: the budget is spent\nhttps://mesh.kreki.id/objectives' });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
