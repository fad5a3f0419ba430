/** Reaching the dead letters of a mesh: the one that runs on this machine, or any by `NATS_URL`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'nats';
import { dataFolder } from '../local/folders.ts';
import { readPorts } from '../local/ports.ts';
import { asUser, secretOf } from '../local/servers/users.ts';
import { OPERATOR } from '../policy/nats.ts';
import { type JetStreams, serversOf } from '../runtime/events/bus.ts';
import { inboxOf } from '../runtime/events/subjects.ts';

const PATIENCE_MS = 5_000;

/** Ends a command with a sentence for the person at the terminal. */
export class Refusal extends Error {}

export interface Connection extends JetStreams {
  /** Where the dead letters are, without the password. */
  readonly address: string;
  close(): Promise<void>;
}

/** @throws Refusal that says what to do when NATS cannot be reached or lets nobody in. */
export async function openConnection(env: NodeJS.ProcessEnv): Promise<Connection> {
  const url = env.NATS_URL || localUrl(env);
  const servers = serversOf(url);
  const address = servers.servers.join(', ');
  const connection = await connect({
    ...servers,
    name: 'dead-letters',
    inboxPrefix: inboxOf(OPERATOR),
    timeout: PATIENCE_MS,
    reconnect: false,
  }).catch((error: Error) => {
    throw new Refusal(`NATS at ${address} ${describe(error)}`);
  });
  const streams = {
    client: connection.jetstream({ timeout: PATIENCE_MS }),
    manager: await connection.jetstreamManager({ timeout: PATIENCE_MS, checkAPI: false }),
    replicas: 1,
  };
  return { address, jetstream: () => streams, close: () => connection.close() };
}

/** As the operator of this machine's mesh. */
function localUrl(env: NodeJS.ProcessEnv): string {
  const file = join(dataFolder, 'secrets.json');
  const secrets: Record<string, string> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const password = secrets[secretOf('nats', OPERATOR)];
  if (!password)
    throw new Refusal('no mesh has run on this machine: start one with npm start, or give the NATS_URL of another');
  return asUser(`nats://127.0.0.1:${readPorts(env).servers.nats.number}`, OPERATOR, password);
}

function describe({ message }: Error): string {
  if (/authorization/i.test(message)) return 'refuses these credentials';
  return `cannot be reached (${message}): is the mesh running? Another is named by NATS_URL`;
}
