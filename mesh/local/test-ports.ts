/** Ports of a test run's servers: free ones, unless the environment fixes them. */

import { findFreePort } from '../runtime/testing/free-port.ts';
import { type Port, requireFree, type ServerPorts } from './ports.ts';
import type { ServerName } from './servers/server.ts';

/** @throws Error when a fixed port is taken */
export async function readTestPorts(env: NodeJS.ProcessEnv): Promise<ServerPorts> {
  const port = async (name: ServerName): Promise<Port> => {
    const variable = `KREKI_TEST_${name.toUpperCase()}_PORT`;
    return { number: Number(env[variable] || (await findFreePort())), variable, purpose: `${name} for tests` };
  };
  const ports = { postgres: await port('postgres'), nats: await port('nats'), redis: await port('redis') };
  await requireFree(Object.values(ports));
  return ports;
}
