import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'nats';
import { natsAuthorization, natsUsers } from '../../policy/nats.ts';
import { findFreePort } from './free-port.ts';

const PASSWORD = 'test';

/**
 * A NATS server with JetStream of one test file's own, which a test may kill and start again on the same data. It knows the users of the
 * policy; whoever comes without a name may do everything.
 */
export async function startNatsServer() {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-nats-'));
  const port = await findFreePort();
  const url = `nats://127.0.0.1:${port}`;
  const configuration = join(folder, 'nats.conf');
  const users = [{ name: 'everything', publish: ['>'], subscribe: ['>'] }, ...natsUsers()];
  writeFileSync(
    configuration,
    [
      `host: 127.0.0.1\nport: ${port}`,
      `jetstream { store_dir: ${JSON.stringify(join(folder, 'store'))} }`,
      'no_auth_user: everything',
      natsAuthorization(users, () => PASSWORD),
    ].join('\n'),
  );
  let child: ChildProcess | undefined;

  const start = async () => {
    const binary = process.env.TEST_NATS_SERVER ?? 'nats-server';
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/bin` };
    child = spawn(binary, ['-c', configuration], { env, stdio: 'ignore' });
    for (let attempt = 0; ; attempt++) {
      try {
        await (await connect({ servers: url, timeout: 1_000, reconnect: false })).close();
        return;
      } catch (error) {
        if (attempt > 100) throw error;
        await sleep(50);
      }
    }
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  await start();
  return {
    url,
    /** As a process of the mesh, with what it may do and no more. */
    urlOf: (user: string) => url.replace('//', `//${user}:${PASSWORD}@`),
    start,
    /** Ends it at once, as a crash would. */
    kill,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
