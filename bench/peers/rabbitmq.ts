/** A RabbitMQ node of its own: its data, log and configuration below one folder, on ports of its own. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tcpProbe, waitHealthy } from '../../mesh/local/health.ts';
import { Processes } from '../../mesh/local/processes.ts';
import { Steps } from '../../mesh/local/steps.ts';
import { findFreePort } from '../../mesh/runtime/testing/free-port.ts';

/** Debian's own; what it puts on PATH gives the node to its system's user, and keeps to its system's folders. */
const DEBIAN = '/usr/lib/rabbitmq/bin';
const USER = 'kreki';
const NODE = 'kreki-bench@localhost';
const AMQP_HEADER = 'AMQP\0\0\x09\x01';

export interface RabbitMq {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** What is missing to run one, and how it is installed; undefined when nothing is. */
export const rabbitMqMissing = (path = process.env.PATH ?? ''): string | undefined =>
  findServer(path) && find('epmd', path)
    ? undefined
    : 'RabbitMQ is not installed (Debian: `apt-get install rabbitmq-server`)';

export async function startRabbitMq(folder: string): Promise<RabbitMq> {
  const path = process.env.PATH ?? '';
  const [server, epmd] = [findServer(path), find('epmd', path)];
  if (!server || !epmd) throw new Error(rabbitMqMissing(path));
  mkdirSync(folder, { recursive: true });
  const [port, distribution, mapper] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const password = randomBytes(18).toString('base64url');
  const configuration = join(folder, 'rabbitmq.conf');
  const settings = [`listeners.tcp.1 = 127.0.0.1:${port}`, `default_user = ${USER}`, `default_pass = ${password}`];
  writeFileSync(configuration, [...settings, 'log.file.level = warning', ''].join('\n'), { mode: 0o600 });
  const plugins = join(folder, 'enabled_plugins');
  writeFileSync(plugins, '[].\n');
  const env = {
    PATH: path,
    // Where Erlang keeps the cookie.
    HOME: folder,
    ERL_EPMD_PORT: String(mapper),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: NODE,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: configuration,
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
  };
  const processes = new Processes({
    folder,
    onEnd: (ended, reason) => console.log(`✗ RabbitMQ: ${ended} ended: ${reason}`),
  });
  const started = (name: string, command: string) => processes.start([{ name, command, args: [], env, cwd: folder }]);
  try {
    // Erlang would start one itself, and leave it behind.
    started('epmd', epmd);
    const [node] = started('rabbitmq', server);
    if (!node) throw new Error('no process was started');
    const probe = tcpProbe(port, AMQP_HEADER, /RabbitMQ/);
    await new Steps().run('RabbitMQ', () => waitHealthy(node, probe).then(() => `127.0.0.1:${port}`));
    return { url: `amqp://${USER}:${password}@127.0.0.1:${port}`, pid: node.pid ?? 0, stop: () => processes.stop() };
  } catch (error) {
    await processes.stop();
    throw error;
  }
}

const findServer = (path: string): string | undefined =>
  find('rabbitmq-server', existsSync(join(DEBIAN, 'rabbitmq-server')) ? DEBIAN : path);

const find = (name: string, path: string): string | undefined =>
  path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
