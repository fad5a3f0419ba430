import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { redisUsers } from '../../../mesh/policy/redis.ts';
import { eventually } from './helpers.ts';

/** A Redis without persistence that a test may kill and start again, empty. */
export async function startRedisServer() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const start = async () => {
    const user = ['--user', 'auth', 'on', '>test', ...(redisUsers().find(({ name }) => name === 'auth')?.rules ?? [])];
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...user];
    child = spawn(process.env.TEST_REDIS_SERVER ?? 'redis-server', settings, { stdio: 'ignore' });
    const redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    redis.on('error', () => undefined);
    await eventually(() => redis.ping()).finally(() => redis.disconnect());
  };
  const stop = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  await start();
  /** As KREKI ID, with what it may do and no more. */
  const ownUrl = url.replace('//', '//auth:test@');
  return { url, ownUrl, start, stop };
}
