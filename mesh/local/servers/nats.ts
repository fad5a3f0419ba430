/** A private NATS with JetStream. */
import { join } from 'node:path';
import { natsAuthorization, natsUsers } from '../../policy/nats.ts';
import { own, writeOwned } from '../folders.ts';
import { tcpProbe } from '../health.ts';
import { findFolder, versionOf } from './binaries.ts';
import type { Accounts, Instance, Server } from './server.ts';

/** May do everything; only the launcher and tests come under this name. */
const administrator = 'admin';

export const nats: Server = {
  name: 'nats',
  title: 'NATS + JetStream',
  variable: 'NATS_URL',
  requirement: 'nats-server 2.9 or newer (on PATH)',
  compose: {
    port: 4222,
    definition: (accounts) => ({
      image: 'nats:2.10-alpine',
      entrypoint: ['sh', '-c', 'printf %s "$$CONFIGURATION" > /tmp/nats.conf && exec nats-server -c /tmp/nats.conf'],
      // Compose would read a dollar sign as the beginning of a variable.
      environment: { CONFIGURATION: settings('/data', accounts).replaceAll('$', '$$$$') },
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

  url: (port, password) => `nats://${administrator}:${password}@127.0.0.1:${port}`,

  // The password goes along, so that a foreign server on this port is not taken for ours.
  probe: (url) => {
    const { port, username, password } = new URL(url);
    const connect = JSON.stringify({ user: username, pass: password, verbose: false, pedantic: false });
    return tcpProbe(Number(port), `CONNECT ${connect}\r\nPING\r\n`, /\r\nPONG\r\n/);
  },
};

export function configuration(folder: string, instance: Pick<Instance, 'port' | keyof Accounts>): string {
  return `host: 127.0.0.1\nport: ${instance.port}\n${settings(join(folder, 'store'), instance)}`;
}

function settings(store: string, { password, passwordOf }: Accounts): string {
  const users = [{ name: administrator, publish: ['>'], subscribe: ['>'] }, ...natsUsers()];
  // Quoted, since a bare value that begins with digits and a size letter would be read as a number.
  const quoted = (name: string) => JSON.stringify(name === administrator ? password : passwordOf(name));
  return [
    'server_name: kreki',
    'max_payload: 1MB',
    `jetstream { store_dir: ${JSON.stringify(store)}, max_mem: 256MB, max_file: 8GB }`,
    natsAuthorization(users, quoted),
    '',
  ].join('\n');
}
