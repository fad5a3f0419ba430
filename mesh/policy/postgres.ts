/** What each service may do in PostgreSQL, rendered from the topology: a database, a role that owns its schema, and one that uses it. */
import { type ServiceName, serviceNames, services } from '../topology.ts';

/** A service's own database and its two roles. Neither may enter another's database. */
export interface DatabasePolicy {
  readonly service: ServiceName;
  readonly database: string;
  /** Owns database and tables, and applies migrations; no running service is given its password. */
  readonly owner: string;
  /** What the service connects as: reads and writes rows, and changes no table. */
  readonly role: string;
  readonly extensions: readonly string[];
  /** Connections of `role`, over all replicas. */
  readonly connectionLimit: number;
}

/** DATABASE_POOL_SIZE when it is not given. */
const POOL_SIZE = 12;

/** What services keep apart for what must not wait, on top: PRESS_CONNECTIONS when it is not given. */
const RESERVED: Readonly<Partial<Record<ServiceName, number>>> = { emergency: 4 };

/** Behind the time limits that the services themselves ask for with each connection: nothing that was started is left standing. */
const ROLE_SETTINGS = { statement_timeout: '30s', idle_in_transaction_session_timeout: '60s' } as const;

/** @param replicas of each service at the same time; those that replace them come on top, and so do a seed's connections. */
export function databasePolicies(replicas = 1): DatabasePolicy[] {
  return serviceNames.flatMap((service) => {
    const { stores, publishes, consumes } = services[service];
    if (!stores.postgres) return [];
    const database = `kreki_${service}`;
    const perReplica = POOL_SIZE + (RESERVED[service] ?? 0) + Number(publishes) + consumes.length;
    return {
      service,
      database,
      owner: `${database}_owner`,
      role: database,
      extensions: stores.postgres.extensions,
      connectionLimit: perReplica * (replicas + 2),
    };
  });
}

/**
 * Statements for both roles once they exist, run as an administrator; again as often as one likes.
 * @param password of a role, as an SQL expression: `'quoted'`, or `:'variable'` of psql.
 */
export function roleStatements(
  { owner, role, connectionLimit }: DatabasePolicy,
  password: (role: string) => string,
): string[] {
  const login = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
  return [
    `ALTER ROLE ${owner} ${login} PASSWORD ${password(owner)}`,
    `ALTER ROLE ${role} ${login} CONNECTION LIMIT ${connectionLimit} PASSWORD ${password(role)}`,
    ...Object.entries(ROLE_SETTINGS).map(([name, value]) => `ALTER ROLE ${role} SET ${name} = '${value}'`),
  ];
}

/** Statements inside a service's own database, once it belongs to its owner, run as an administrator; again as often as one likes. */
export function databaseStatements({ database, owner, role, extensions }: DatabasePolicy): string[] {
  const tables = `SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`;
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${database} TO ${role}`,
    ...extensions.map((extension) => `CREATE EXTENSION IF NOT EXISTS ${extension}`),
    // What migrations make from now on: rows may be used, by this role alone.
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT ${tables}`,
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ${role}`,
  ];
}

/** A psql script that makes everything on an empty server. */
export function postgresInitScript(policies: readonly DatabasePolicy[], password: (role: string) => string): string {
  const statements = policies.flatMap((policy) => [
    `CREATE ROLE ${policy.owner}`,
    `CREATE ROLE ${policy.role}`,
    ...roleStatements(policy, password),
    `CREATE DATABASE ${policy.database} OWNER ${policy.owner}`,
    `\\connect ${policy.database}`,
    ...databaseStatements(policy),
  ]);
  const closed = 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC';
  return `${[closed, ...statements].map((line) => (line.startsWith('\\') ? line : `${line};`)).join('\n')}\n`;
}
