import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { dataFolder } from '../../local/folders.ts';
import { makeRunFolder, removeRunFolder } from '../../local/run-folder.ts';
import { withDatabase } from '../../local/servers/databases.ts';
import { Steps } from '../../local/steps.ts';
import { findOrphans } from '../audit/read/machine.ts';
import { type ChaosEnvironment, MARK } from '../environment/environment.ts';
import { familyOf, send } from '../faults/processes.ts';
import { drawSchedule } from '../faults/schedule.ts';
import { details, scheduleText, verdictTable, violationLines } from '../report.ts';
import { type Rehearsed, rehearse } from '../run.ts';

const SEED = 119;
const RATE = 0.6;
const STUCK_MS = 6_000;

/** Does to a mesh what a bug would, so that the auditor must see it; the returned function undoes what would trouble the next one. */
type Sabotage = (environment: ChaosEnvironment, rehearsed: Rehearsed) => Promise<(() => unknown) | undefined>;

const sabotages: Readonly<Record<string, Sabotage>> = {
  async 'no orphan process'({ mark }) {
    const orphan = spawn('sleep', ['60'], { env: { [MARK]: mark }, stdio: 'ignore' });
    await once(orphan, 'spawn');
    return () => orphan.kill('SIGKILL');
  },
  async 'no orphan connection'(environment) {
    const client = await connected(environment, 'auth');
    await client.query('BEGIN; SELECT 1');
    await sleep(STUCK_MS);
    return () => client.end();
  },
  async 'every process is up and none crashed by itself'({ parts }) {
    const family = familyOf(parts.get('volunteer')?.process.pid);
    send(family, 'SIGSTOP');
    return () => send(family, 'SIGCONT');
  },
  async 'no message is shown twice on one phone'({ up, parts }, { evidence }) {
    const message = evidence.phones.messages.find(({ channel, buttons }) => channel === 'whatsapp' && buttons);
    assert.ok(message, 'somebody was offered an emergency by WhatsApp');
    const env: Readonly<Record<string, string>> = parts.get('simulators')?.process.spec.env ?? {};
    const { callbackData, template: name, language: code, parameters } = message.data;
    const texts = (parameters as string[]).map((text) => ({ type: 'text', text }));
    const template = { name, language: { code }, components: [{ type: 'body', parameters: texts }] };
    const body = { messaging_product: 'whatsapp', to: message.to.slice(1), type: 'template', template };
    const answer = await fetch(`${up.mesh.simulatorsUrl}/whatsapp/v23.0/${env.WHATSAPP_PHONE_NUMBER_ID}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${env.WHATSAPP_ACCESS_TOKEN}` },
      body: JSON.stringify({ ...body, biz_opaque_callback_data: callbackData }),
    });
    assert.equal(answer.status, 200, await answer.text());
    return undefined;
  },
  async 'never more responders than needed'(environment) {
    await ran(
      environment,
      'emergency',
      `INSERT INTO responses (emergency_id, volunteer_id, display_name, distance_meters, status, accepted_at)
       SELECT emergency_id, gen_random_uuid(), '', 0, 4, now() FROM responses, generate_series(1, 3) WHERE status = 4 LIMIT 3`,
    );
    return undefined;
  },
  async 'services agree who is on which emergency'(environment) {
    await ran(
      environment,
      'volunteer',
      'UPDATE volunteers SET engaged_emergency_id = gen_random_uuid() WHERE id IN (SELECT id FROM volunteers LIMIT 1)',
    );
    return undefined;
  },
  async 'everybody concerned is notified, once an event'(environment) {
    await ran(
      environment,
      'notification',
      `DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE content->>'kind' = 'emergency_offer' LIMIT 1)`,
    );
    return undefined;
  },
  async 'phones hold what was sent, and only that'(environment) {
    await ran(
      environment,
      'notification',
      'UPDATE delivery SET id = gen_random_uuid() WHERE id IN (SELECT id FROM delivery WHERE channel = 2 AND status IN (3, 4, 5) LIMIT 1)',
    );
    return undefined;
  },
  async "a watcher's last state is the database's"(environment, { evidence }) {
    const [watched] = evidence.journal.watched;
    assert.ok(watched, 'somebody watched');
    await ran(
      environment,
      'emergency',
      `UPDATE emergencies SET version = version + 1 WHERE id = '${watched.emergencyId}'`,
    );
    return undefined;
  },
  async 'no acknowledged press is lost'(environment) {
    await ran(
      environment,
      'emergency',
      `WITH lost AS (SELECT id FROM emergencies ORDER BY id LIMIT 1), decisions AS (
         DELETE FROM dispatch_decisions USING lost WHERE emergency_id = lost.id), offered AS (
         DELETE FROM offers USING lost WHERE emergency_id = lost.id), responded AS (
         DELETE FROM responses USING lost WHERE emergency_id = lost.id)
       DELETE FROM emergencies USING lost WHERE emergencies.id = lost.id`,
    );
    return undefined;
  },
};

async function connected({ up }: ChaosEnvironment, service: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: withDatabase(up.urls.postgres, `kreki_${service}`) });
  await client.connect();
  return client;
}

async function ran(environment: ChaosEnvironment, service: string, statement: string): Promise<void> {
  const client = await connected(environment, service);
  try {
    const { rowCount } = await client.query(statement);
    assert.notEqual(rowCount, 0, 'the sabotage found something to spoil');
  } finally {
    await client.end();
  }
}

test('a mesh under a few faults keeps every promise; and the auditor sees each that is broken on purpose', async (t: TestContext) => {
  const folder = await makeRunFolder(join(dataFolder, 'chaos/tests'));
  const interrupt = new AbortController();
  t.signal.addEventListener('abort', () => interrupt.abort());
  const schedule = drawSchedule({ seed: SEED, count: 7, fromMs: 2_000, toMs: 28_000 });
  const steps = new Steps();
  steps.print(scheduleText(schedule));
  let mesh: ChaosEnvironment | undefined;
  try {
    const options = { seed: SEED, schedule, rate: RATE, calmMs: 8_000, folder, steps, signal: interrupt.signal };
    await rehearse(options, async (rehearsed) => {
      const { verdicts, evidence, environment } = rehearsed;
      mesh = environment;
      steps.print(verdictTable(verdicts));
      assert.equal(violationLines(verdicts).join('\n'), '', details(verdicts, evidence, schedule));
      for (const [promise, sabotage] of Object.entries(sabotages)) {
        await t.test(`broken on purpose: ${promise}`, async () => {
          const undo = await sabotage(environment, rehearsed);
          const verdict = (await rehearsed.again()).find((each) => each.promise === promise);
          await undo?.();
          assert.notEqual(verdict?.violations.length, 0);
        });
      }
    });
    assert.ok(mesh);
    assert.deepEqual(findOrphans(mesh, new Set()), [], 'nothing outlives a run');
  } finally {
    removeRunFolder(folder);
    rmSync(join(dataFolder, 'chaos/tests'), { recursive: true, force: true });
  }
});
