import { identityFolder } from '../../mesh/local/identities.ts';
import { findFreePort } from '../../mesh/runtime/testing/free-port.ts';
import { startSpeakingChild } from '../child.ts';
import { createDatabase } from '../floors/press.ts';
import type { StartPeer } from './peer.ts';

const EXCHANGE = new URL('connect/exchange.ts', import.meta.url).href;

/** This mesh's own emergency service and an edge before it, with connect-node in place of the runtime's gRPC adapter. */
export const startConnect: StartPeer = async ({ folder, mesh, urls, processes }) => {
  const databaseUrl = await createDatabase(urls.postgres, 'bench_connect');
  const port = await findFreePort();
  const told = mesh.environments.emergency;
  const emergency = await startSpeakingChild('peers/connect/emergency.ts', [], {
    execArgv: ['--import', EXCHANGE],
    env: { ...told, DATABASE_URL: databaseUrl, SERVICE_PORT: String(port), LOG_LEVEL: 'warn' },
  });
  const edge = await startSpeakingChild<{ url: string }>('peers/connect/edge.ts', [], {
    env: {
      MESH_IDENTITY: identityFolder(folder, 'gateway'),
      AUTH_URL: told.AUTH_URL,
      EMERGENCY_URL: `https://127.0.0.1:${port}`,
    },
  });
  return {
    url: edge.said.url,
    databaseUrl,
    processes: () =>
      new Map([
        ['gateway', edge.pid],
        ['emergency', emergency.pid],
        // The mesh's own, in which its dispatch searches.
        ['volunteer', processes().get('volunteer') ?? 0],
      ]),
    async stop() {
      await edge.stop();
      await emergency.stop();
    },
  };
};
