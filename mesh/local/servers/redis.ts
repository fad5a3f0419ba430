/** A private Redis that keeps what it was told. */
import { join } from 'node:path';
import { redisAcl, redisUsers } from '../../policy/redis.ts';
import { own, writeOwned } from '../folders.ts';
import { tcpProbe } from '../health.ts';
import { findFolder, versionOf } from './binaries.ts';
import type { Accounts, Instance, Server } from './server.ts';

/** May do everything; only the launcher and tests come under this name. */
const administrator = 'admin';

export const redis: Server = {
  name: 'redis',
  title: 'Redis',
  variable: 'REDIS_URL',
  requirement: 'redis-server 7 or newer (on PATH)',
  compose: {
    port: 6379,
    definition: (accounts) => ({
      image: 'redis:7-alpine',
      command: ['redis-server', '--appendonly', 'yes', ...acl(accounts).flatMap((line) => `--${line}`.split(' '))],
      volumes: ['redis:/data'],
    }),
  },

  async locate() {
    const bin = findFolder(['redis-server']);
    if (!bin) return undefined;
    return { bin, title: `Redis ${await versionOf(join(bin, 'redis-server'))}` };
  },

  async prepare({ bin }, instance) {
    const folder = own(join(instance.folder, 'redis'), instance.user);
    const file = join(folder, 'redis.conf');
    writeOwned(file, configuration(folder, instance), instance.user);
    return {
      name: 'redis',
      command: join(bin, 'redis-server'),
      args: [file],
      env: {},
      cwd: folder,
      user: instance.user,
    };
  },

  url: (port, password) => `redis://${administrator}:${password}@127.0.0.1:${port}`,

  probe: (url) => {
    const { port, username, password } = new URL(url);
    return tcpProbe(Number(port), `AUTH ${username} ${password}\r\nPING\r\n`, /\+PONG/);
  },
};

export function configuration(folder: string, instance: Pick<Instance, 'port' | keyof Accounts>): string {
  return [
    'bind 127.0.0.1',
    `port ${instance.port}`,
    ...acl(instance),
    `dir ${JSON.stringify(folder)}`,
    'appendonly yes',
    // The append-only file is the copy that counts; snapshots beside it only cost writes.
    'save ""',
    'daemonize no',
    '',
  ].join('\n');
}

function acl({ password, passwordOf }: Accounts): string[] {
  return redisAcl(redisUsers(), (name) => (name === administrator ? password : passwordOf(name)), administrator);
}
