/** A private NATS with JetStream. */
import { join } from 'node:path';
import { own, writeOwned } from '../folders.ts';
import { tcpProbe } from '../health.ts';
import { findFolder, versionOf } from './binaries.ts';
import type { Instance, Server } from './server.ts';

const user = 'kreki';

export const nats: Server = {
  name: 'nats',
  title: 'NATS + JetStream',
  variable: 'NATS_URL',
  requirement: 'nats-server 2.9 or newer (on PATH)',
  compose: {
    port: 4222,
    definition: (password) => ({
      image: 'nats:2.10-alpine',
      command: ['--jetstream', '--store_dir', '/data', '--user', user, '--pass', password],
      volumes: ['nats:/data'],
    }),
  },

  async locate() {
    const bin = findFolder(['nats-server']);
    if (!bin) return undefined;
    return { bin, title: `NATS ${await versionOf(join(bin, 'nats-server'))} + JetStream` };
  },

  async prepare({ bin }, instance) {
    const folder = own(join(instance.folder, 'nats'), instance.user);
    const file = join(folder, 'nats.conf');
    writeOwned(file, configuration(folder, instance), instance.user);
    return {
      name: 'nats',
      command: join(bin, 'nats-server'),
      args: ['--config', file],
      env: {},
      cwd: folder,
      user: instance.user,
    };
  },

  url: (port, password) => `nats://${user}:${password}@127.0.0.1:${port}`,

  // The password goes along, so that a foreign server on this port is not taken for ours.
  probe: (url) => {
    const { port, username, password } = new URL(url);
    const connect = JSON.stringify({ user: username, pass: password, verbose: false, pedantic: false });
    return tcpProbe(Number(port), `CONNECT ${connect}\r\nPING\r\n`, /\r\nPONG\r\n/);
  },
};

export function configuration(folder: string, instance: Pick<Instance, 'port' | 'password'>): string {
  return [
    'host: 127.0.0.1',
    `port: ${instance.port}`,
    'server_name: kreki',
    'max_payload: 1MB',
    `jetstream { store_dir: ${JSON.stringify(join(folder, 'store'))}, max_mem: 256MB, max_file: 8GB }`,
    // Quoted, since a bare value that begins with digits and a size letter would be read as a number.
    `authorization { user: ${user}, password: ${JSON.stringify(instance.password)} }`,
    '',
  ].join('\n');
}
