import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../runtime/testing/free-port.ts';
import { waitHealthy } from '../health.ts';
import { lock, unlock } from '../launcher-lock.ts';
import { identify, isAlive } from '../process-identity.ts';
import { Processes } from '../processes.ts';
import { restartPause } from '../supervised-process.ts';

const fixture = (code: string) => ({
  command: process.execPath,
  args: ['-e', code],
  env: {},
  cwd: tmpdir(),
});
const forever = 'setInterval(() => {}, 1000)';

async function withFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-processes-'));
  try {
    await action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 5_000; waited += 20) {
    if (await holds()) return;
    await sleep(20);
  }
  assert.fail('did not happen within 5 s');
}

test('a killed process is started again as another one', () =>
  withFolder(async (folder) => {
    const ends: string[] = [];
    const processes = new Processes({ folder, onEnd: (name, reason) => ends.push(`${name} ${reason}`) });
    const [child] = processes.start([{ name: 'child', ...fixture(forever) }]);
    assert.ok(child?.pid);
    const first = child.pid;
    process.kill(first, 'SIGKILL');
    await eventually(() => child.pid !== undefined && child.pid !== first);
    assert.deepEqual(ends, ['child SIGKILL']);
    await processes.stop();
    assert.equal(child.pid, undefined);
  }));

/** Listens on the socket it was given, and answers with its number. */
const listener = (ready = `process.send('ready')`) =>
  fixture(
    `const server = net.createServer((client) => client.end(String(process.pid)));
     server.listen({ fd: Number(process.env.PORT_FD) }, () => ${ready});
     process.on('SIGTERM', () => { server.close(); setTimeout(() => process.exit(), 50); });
     ${forever}`,
  );

const ask = (port: number) =>
  new Promise<string>((resolve, reject) => {
    let answer = '';
    connect(port, '127.0.0.1')
      .on('data', (chunk) => (answer += chunk))
      .on('error', reject)
      .on('close', () => resolve(answer));
  });

/** Before the first process listens nobody is there to wait for. */
async function firstAnswer(port: number): Promise<string> {
  let answer: string | undefined;
  await eventually(async () => {
    answer = await ask(port).catch(() => undefined);
    return answer !== undefined;
  });
  return answer ?? '';
}

test('one that was stopped by itself does not keep the others from being stopped', () =>
  withFolder(async (folder) => {
    const processes = new Processes({ folder, onEnd: () => undefined });
    const sockets = { PORT_FD: { host: '127.0.0.1', port: await findFreePort() } };
    const [child, other] = processes.start([
      { name: 'child', ...listener(), sockets },
      { name: 'other', ...fixture(forever) },
    ]);
    await child?.stop();
    assert.equal(child?.pid, undefined);
    assert.ok(other?.pid);
    await processes.stop();
    assert.equal(other.pid, undefined);
  }));

test('a process is replaced without a connection refused or lost', () =>
  withFolder(async (folder) => {
    const ends: string[] = [];
    const processes = new Processes({ folder, onEnd: (name) => ends.push(name) });
    const port = await findFreePort();
    const sockets = { PORT_FD: { host: '127.0.0.1', port } };
    const [child] = processes.start([{ name: 'child', ...listener(), sockets }]);
    assert.ok(child);
    await firstAnswer(port);
    const answers: Promise<string>[] = [];
    const load = setInterval(() => answers.push(ask(port)), 2);
    for (let replaced = 0; replaced < 3; replaced++) {
      const before = child.pid;
      await child.replace();
      assert.notEqual(child.pid, before);
    }
    clearInterval(load);
    assert.equal(await ask(port), String(child.pid));
    assert.ok((await Promise.all(answers)).every((answer) => Number(answer) > 0));
    await processes.stop();
    await assert.rejects(ask(port), /ECONNREFUSED/);
    assert.deepEqual(ends, []);
  }));

test('whoever comes while there is no process waits for the next one', () =>
  withFolder(async (folder) => {
    const processes = new Processes({ folder, onEnd: () => {} });
    const port = await findFreePort();
    const [child] = processes.start([
      { name: 'child', ...listener(), sockets: { PORT_FD: { host: '127.0.0.1', port } } },
    ]);
    const first = await firstAnswer(port);
    child?.kill();
    await eventually(() => child?.pid === undefined);
    const next = await ask(port);
    assert.notEqual(next, first);
    assert.equal(next, String(child?.pid));
    await processes.stop();
  }));

test('a successor that does not start leaves the present process at work', () =>
  withFolder(async (folder) => {
    const processes = new Processes({ folder, onEnd: () => {} });
    const port = await findFreePort();
    const once = join(folder, 'started');
    const only = `fs.existsSync(${JSON.stringify(once)}) ? process.exit(3) : fs.writeFileSync(${JSON.stringify(once)}, '')`;
    const [child] = processes.start([
      { name: 'child', ...listener(only), sockets: { PORT_FD: { host: '127.0.0.1', port } } },
    ]);
    const present = await firstAnswer(port);
    await eventually(() => existsSync(once));
    await assert.rejects(child?.replace() ?? Promise.resolve(), /does not start, it ended/);
    assert.equal(await ask(port), present);
    await processes.stop();
  }));

test('a process that is killed while it is being replaced leaves one successor, and nobody else', () =>
  withFolder(async (folder) => {
    const processes = new Processes({ folder, onEnd: () => {} });
    const port = await findFreePort();
    const [child] = processes.start([
      {
        name: 'child',
        ...listener(`setTimeout(() => process.send('ready'), 1_000)`),
        sockets: { PORT_FD: { host: '127.0.0.1', port } },
      },
    ]);
    assert.ok(child);
    await firstAnswer(port);
    const first = child.pid;
    const replaced = child.replace();
    process.kill(first ?? 0, 'SIGKILL');
    await replaced;
    const answers = new Set(await Promise.all(Array.from({ length: 20 }, () => ask(port))));
    assert.deepEqual(answers, new Set([String(child.pid)]));
    await processes.stop();
    await assert.rejects(ask(port), /ECONNREFUSED/);
  }));

test('layers are stopped last to first, and nothing is left', () =>
  withFolder(async (folder) => {
    const record = join(folder, 'order');
    const obedient = (name: string) =>
      fixture(
        `process.on('SIGTERM', () => setTimeout(() => { fs.appendFileSync(${JSON.stringify(record)}, '${name} '); process.exit() }, 50)); console.log('ready'); ${forever}`,
      );
    const processes = new Processes({ folder, onEnd: () => {} });
    const children = ['server', 'service', 'edge'].flatMap((name) => processes.start([{ name, ...obedient(name) }]));
    const isReady = (name: string) => readFileSync(processes.logFile(name), 'utf8').includes('ready');
    await eventually(() => children.every((child) => isReady(child.spec.name)));
    await processes.stop();
    assert.equal(readFileSync(record, 'utf8'), 'edge service server ');
    assert.throws(() => processes.start([{ name: 'late', ...fixture(forever) }]), /stopping/);
  }));

test('a process that keeps ending fails the wait with the end of its log', () =>
  withFolder(async (folder) => {
    const processes = new Processes({ folder, onEnd: () => {} });
    const broken = fixture(`console.error('AUTH_URL is missing'); process.exit(3)`);
    for (const child of processes.start([{ name: 'broken', ...broken }])) {
      await assert.rejects(
        waitHealthy(child, async () => false),
        /broken does not start \(exit code 3\):[\s\S]*AUTH_URL/,
      );
    }
    await processes.stop();
  }));

test('what a killed launcher left running is ended by the next one', () =>
  withFolder(async (folder) => {
    const abandoned = new Processes({ folder, onEnd: () => {} });
    const [child] = abandoned.start([{ name: 'orphan', ...fixture(forever) }]);
    const orphan = identify(child?.pid ?? 0);
    assert.ok(orphan);
    await eventually(() => existsSync(join(folder, 'processes.json')));
    const stop = new Processes({ folder, onEnd: () => {} }).stopLeftovers();
    // It is still ours too, and must not be started again by us.
    await Promise.all([stop, abandoned.stop()]);
    assert.deepEqual(await stop, ['orphan']);
    assert.equal(isAlive(orphan), false);
  }));

test('a record of a process whose number now belongs to another is left alone', () =>
  withFolder(async (folder) => {
    const entry = { pid: process.pid, started: 'long ago', stopSignal: 'SIGKILL' };
    writeFileSync(join(folder, 'processes.json'), JSON.stringify({ stranger: entry }));
    assert.deepEqual(await new Processes({ folder, onEnd: () => {} }).stopLeftovers(), []);
  }));

test('a data folder has one launcher at a time', () =>
  withFolder(async (folder) => {
    lock(folder);
    assert.throws(() => lock(folder), new RegExp(`process ${process.pid}`));
    unlock(folder);
    lock(folder);
  }));

test('pauses between restarts double up to five seconds', () => {
  assert.deepEqual([1, 2, 3, 10].map(restartPause), [100, 200, 400, 5_000]);
});
