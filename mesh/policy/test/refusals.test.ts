import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { after, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { nats } from '../../local/servers/nats.ts';
import { openBus } from '../../runtime/events/bus.ts';
import { ensureDomainStream } from '../../runtime/events/streams.ts';
import { startPrivate } from './private-server.ts';

const server = await startPrivate(nats);
after(() => server.stop());

/** A bus as a service opens it, and what it logs. */
function busAs(t: TestContext, url: string, name: string) {
  const lines = new PassThrough();
  const bus = openBus(url, { name, log: pino({ base: null }, lines) });
  t.after(() => bus.stop());
  const logged = async (holds: RegExp): Promise<string> => {
    for (let text = ''; ; ) {
      const [chunk] = await once(lines, 'data', { signal: AbortSignal.timeout(20_000) });
      text += chunk;
      const line = text.split('\n').find((each) => holds.test(each));
      if (line) return line;
    }
  };
  return { bus, logged };
}

async function connected(t: TestContext, name: string) {
  const opened = busAs(t, server.urlOf(name), name);
  await new Promise<void>((resolve) => opened.bus.onConnect(resolve));
  const jetstream = opened.bus.jetstream();
  assert.ok(jetstream);
  return { ...opened, ...jetstream };
}

test('a service makes its own stream, publishes to it and hears itself', async (t) => {
  const { bus, manager, client } = await connected(t, 'emergency');
  const heard = new Promise<string>((resolve) =>
    bus.subscribe('kreki.emergency.v1.*', ({ subject }) => resolve(subject)),
  );
  await ensureDomainStream(manager, 'emergency');
  assert.equal((await client.publish('kreki.emergency.v1.EmergencyMoved', '')).seq, 1);
  assert.equal(await heard, 'kreki.emergency.v1.EmergencyMoved');
});

test('a refused publication or request fails at once and is logged with its subject', async (t) => {
  const { client, manager, logged } = await connected(t, 'auth');
  const forging = client.publish('kreki.emergency.v1.EmergencyRequested', '', { timeout: 60_000 });
  const line = logged(/EmergencyRequested/);
  await assert.rejects(forging, { code: 'PERMISSIONS_VIOLATION' });
  const { level, msg, operation, subject } = JSON.parse(await line);
  assert.deepEqual(
    { level, msg, operation, subject },
    {
      level: 50,
      msg: 'NATS refused what this process may not do',
      operation: 'publish',
      subject: 'kreki.emergency.v1.EmergencyRequested',
    },
  );
  await assert.rejects(manager.streams.info('EVENTS_emergency'), { code: 'PERMISSIONS_VIOLATION' });
  await assert.rejects(manager.streams.delete('EVENTS_auth'), { code: 'PERMISSIONS_VIOLATION' });
});

test('a refused subscription is logged with its subject', async (t) => {
  const { bus, logged } = await connected(t, 'auth');
  bus.subscribe('kreki.emergency.v1.>', () => assert.fail('heard what it may not'));
  const { operation, subject } = JSON.parse(await logged(/refused/));
  assert.deepEqual({ operation, subject }, { operation: 'subscription', subject: 'kreki.emergency.v1.>' });
});

test('a process with a wrong password says so, and goes on asking', async (t) => {
  const { bus, logged } = busAs(t, server.url.replace(/:[^:]*@/, ':wrong@'), 'auth');
  const refused = /"level":50.*NATS refuses the credentials of this process/;
  await logged(refused);
  await logged(refused);
  assert.equal(bus.connected, false);
});

test('a process whose user was taken away for a while is back once there is one again', async (t) => {
  const { bus, logged } = await connected(t, 'notification');
  const file = server.spec.args.at(-1) ?? '';
  const configuration = readFileSync(file, 'utf8');
  const reload = (text: string) => {
    writeFileSync(file, text);
    process.kill(server.pid(), 'SIGHUP');
  };
  reload(configuration.replace('user: notification', 'user: somebody'));
  await logged(/NATS refuses the credentials of this process/);
  assert.equal(bus.connected, false);
  const back = new Promise<void>((resolve) => bus.onConnect(resolve));
  reload(configuration);
  await back;
  assert.equal((await bus.jetstream()?.manager.streams.info('EVENTS_emergency'))?.config.name, 'EVENTS_emergency');
});
