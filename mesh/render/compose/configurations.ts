/** What the servers in containers are configured with; who may do what comes from the policy, passwords from files of secrets. */
import { databasePolicies, databaseStatements, roleStatements } from '../../policy/postgres.ts';
import { dashboard } from '../../topology.ts';
import { postgresSecrets } from './secrets.ts';

const about = (prefix: string, text: string) =>
  `${prefix} Rendered from mesh/topology.ts by \`npm run render\`; changes made here are lost.\n${prefix} ${text}\n`;

/** Run by psql at each `up`, so that a service that came later gets its database, and a new password takes effect. */
export function postgresRoles(): string {
  const made = databasePolicies().flatMap((policy) => [
    missing(`CREATE ROLE ${policy.owner}`, `pg_roles WHERE rolname = '${policy.owner}'`),
    missing(`CREATE ROLE ${policy.role}`, `pg_roles WHERE rolname = '${policy.role}'`),
    ...roleStatements(policy, (role) => `:'${role}'`).map(ended),
    missing(
      `CREATE DATABASE ${policy.database} OWNER ${policy.owner}`,
      `pg_database WHERE datname = '${policy.database}'`,
    ),
    `\\connect ${policy.database}`,
    ...databaseStatements(policy).map(ended),
    '',
  ]);
  return [
    about('--', 'Roles, databases and extensions of the services, made where they are missing.'),
    '\\set ON_ERROR_STOP on',
    'SET client_min_messages = warning;',
    ...postgresSecrets()
      .filter((name) => name !== 'postgres')
      .map((name) => `\\set ${name} \`cat /run/secrets/${name}\``),
    '',
    'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;',
    '',
    ...made,
  ].join('\n');
}

const ended = (statement: string) => `${statement};`;
const missing = (statement: string, where: string) =>
  `SELECT '${statement}' WHERE NOT EXISTS (SELECT FROM ${where}) \\gexec`;

/** JetStream keeps a message on disk before it says so: a machine that loses power loses nothing that was acknowledged. */
export function natsConfiguration(): string {
  return `${about('#', 'NATS with JetStream.')}server_name: kreki
max_payload: 1MB
# For the health check inside the container.
http: 127.0.0.1:8222
jetstream {
  store_dir: /data
  max_mem: 256MB
  max_file: 8GB
  sync_interval: always
}
# The users with their passwords and what each may do, as npm run secrets writes them.
include '../../run/secrets/authorization.conf'
`;
}

export function redisConfiguration(): string {
  return `${about('#', 'Redis. What it holds may be rebuilt, yet it keeps it over a restart.')}dir /data
appendonly yes
save ""
maxmemory 256mb
# Nothing is dropped to make room: what is written beyond it is refused, and the callers go on without.
maxmemory-policy noeviction
# The users with hashes of their passwords and what each may do, as npm run secrets writes them.
aclfile /run/secrets/users.acl
`;
}

/** Telemetry of all processes: all of it to the dashboard, and metrics for Prometheus to fetch, durations as native histograms. */
export const collectorConfiguration = {
  receivers: {
    otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' }, grpc: { endpoint: '0.0.0.0:4317' } } },
  },
  processors: {
    memory_limiter: { check_interval: '1s', limit_percentage: 75, spike_limit_percentage: 20 },
    batch: {},
  },
  exporters: {
    prometheus: { endpoint: '0.0.0.0:9464', resource_to_telemetry_conversion: { enabled: true } },
    'otlphttp/dashboard': { endpoint: `http://dashboard:${dashboard.otlpHttpPort}` },
  },
  service: {
    telemetry: { metrics: { level: 'none' } },
    pipelines: {
      traces: { receivers: ['otlp'], processors: ['memory_limiter', 'batch'], exporters: ['otlphttp/dashboard'] },
      metrics: {
        receivers: ['otlp'],
        processors: ['memory_limiter', 'batch'],
        exporters: ['prometheus', 'otlphttp/dashboard'],
      },
      logs: { receivers: ['otlp'], processors: ['memory_limiter', 'batch'], exporters: ['otlphttp/dashboard'] },
    },
  },
};
