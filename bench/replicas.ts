import pg from 'pg';
import { grpcHealth, httpHealth, waitHealthy } from '../mesh/local/health.ts';
import { identityFolder } from '../mesh/local/identities.ts';
import type { Node } from '../mesh/local/nodes.ts';
import type { Processes, ProcessSpec } from '../mesh/local/processes.ts';
import type { SupervisedProcess } from '../mesh/local/supervised-process.ts';
import { databasePolicies } from '../mesh/policy/postgres.ts';

/** One more of each process that a press and a search pass through. */
export interface Replica {
  readonly edgeUrl: string;
  readonly volunteerUrl: string;
  stop(): Promise<void>;
}

export interface Surroundings {
  readonly folder: string;
  readonly processes: Processes;
  readonly nodes: readonly Node[];
  readonly nextPort: () => number;
  /** As its administrator. */
  readonly postgresUrl: string;
}

/**
 * Starts one more volunteer service, emergency service and edge, each on ports of its own and each calling the one beside it: which replica
 * answers a call is then up to whoever calls, as it is up to the proxies on a cluster, and does not depend on who takes a connection first.
 */
export async function startReplica(
  number: number,
  { folder, processes, nodes, nextPort, postgresUrl }: Surroundings,
): Promise<Replica> {
  await allowConnections(postgresUrl, number);
  const [volunteer, emergency, http, h2c] = [nextPort(), nextPort(), nextPort(), nextPort()];
  const volunteerUrl = `https://127.0.0.1:${volunteer}`;
  const emergencyUrl = `https://127.0.0.1:${emergency}`;
  const edgeUrl = `http://127.0.0.1:${http}`;
  const like = (name: string, sockets: Readonly<Record<string, number>>, told: Record<string, string>): ProcessSpec => {
    const original = nodes.find(({ process }) => process.spec.name === name)?.process.spec;
    if (!original) throw new Error(`the mesh has no ${name}`);
    const ports = Object.fromEntries(Object.entries(sockets).map(([variable, port]) => [variable, String(port)]));
    return {
      ...original,
      name: `${name} ${number}`,
      env: { ...original.env, ...ports, ...told },
      sockets: Object.fromEntries(
        Object.entries(sockets).map(([variable, port]) => [`${variable}_FD`, { host: '127.0.0.1', port }]),
      ),
    };
  };
  const started = processes.start([
    like('volunteer', { SERVICE_PORT: volunteer }, {}),
    like('emergency', { SERVICE_PORT: emergency }, { VOLUNTEER_URL: volunteerUrl }),
    like('gateway', { HTTP_PORT: http, H2C_PORT: h2c }, { VOLUNTEER_URL: volunteerUrl, EMERGENCY_URL: emergencyUrl }),
  ]);
  const operator = identityFolder(folder, 'operator');
  const probes = [
    grpcHealth('volunteer', volunteer, operator),
    grpcHealth('emergency', emergency, operator),
    httpHealth(`${edgeUrl}/readyz`),
  ];
  await Promise.all(probes.map((probe, index) => waitHealthy(started[index] as SupervisedProcess, probe)));
  return {
    edgeUrl,
    volunteerUrl,
    stop: async () => {
      await Promise.all(started.map((process) => process.stop()));
    },
  };
}

/** Each role as many as the policy gives it with so many replicas. */
async function allowConnections(postgresUrl: string, replicas: number): Promise<void> {
  const server = new pg.Client({ connectionString: postgresUrl });
  await server.connect();
  try {
    for (const { role, connectionLimit } of databasePolicies(replicas))
      await server.query(`ALTER ROLE ${role} CONNECTION LIMIT ${connectionLimit}`);
  } finally {
    await server.end();
  }
}
