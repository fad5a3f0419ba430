/** One database for each service, with the role that owns it and the one that uses it, as the policy has them. */
import pg from 'pg';
import { type DatabasePolicy, databasePolicies, databaseStatements, roleStatements } from '../../policy/postgres.ts';
import type { ServiceName } from '../../topology.ts';
import type { Secrets } from '../secrets.ts';
import { asUser } from './users.ts';

/** Each service's own database, as the service comes to it and as the owner of its schema. */
export interface DatabaseUrls {
  readonly service: Readonly<Record<ServiceName, string>>;
  readonly owner: Readonly<Record<ServiceName, string>>;
}

/**
 * Makes what is missing, and sets each role's password to the one in the secrets.
 * @param administratorUrl URL of the server as its administrator
 * @param exclusive whether the server is the mesh's own, so that its maintenance databases may be closed to roles too
 */
export async function createDatabases(
  administratorUrl: string,
  secrets: Secrets,
  exclusive: boolean,
): Promise<DatabaseUrls> {
  const policies = databasePolicies();
  await connected(administratorUrl, async (server) => {
    if (exclusive) await server.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC');
    for (const policy of policies) await createDatabase(server, policy, (role) => `'${secrets.password(role)}'`);
  });
  await Promise.all(
    policies.map((policy) =>
      connected(withDatabase(administratorUrl, policy.database), async (database) => {
        for (const statement of [...handOver(policy), ...databaseStatements(policy)]) await database.query(statement);
      }),
    ),
  );
  const urlsOf = (which: 'role' | 'owner') =>
    Object.fromEntries(
      policies.map((policy) => {
        const { service, database, [which]: user } = policy;
        return [service, asUser(withDatabase(administratorUrl, database), user, secrets.password(user))];
      }),
    ) as Record<ServiceName, string>;
  return { service: urlsOf('role'), owner: urlsOf('owner') };
}

/** Removes every service's database and roles, from a server that is not ours to empty. */
export async function dropDatabases(administratorUrl: string): Promise<void> {
  await connected(administratorUrl, async (server) => {
    for (const { database, owner, role } of databasePolicies()) {
      await server.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await server.query(`DROP ROLE IF EXISTS ${role}, ${owner}`);
    }
  });
}

async function createDatabase(
  server: pg.Client,
  policy: DatabasePolicy,
  password: (role: string) => string,
): Promise<void> {
  const { database, owner, role } = policy;
  for (const name of [owner, role]) {
    const known = await server.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
    if (known.rowCount === 0) await server.query(`CREATE ROLE ${name}`);
    // Needed where the administrator is no superuser, as at a hosting provider.
    await server.query(`GRANT ${name} TO CURRENT_USER`);
  }
  for (const statement of roleStatements(policy, password)) await server.query(statement);
  const known = await server.query('SELECT FROM pg_database WHERE datname = $1', [database]);
  if (known.rowCount === 0) await server.query(`CREATE DATABASE ${database} OWNER ${owner}`);
}

/** What the using role owns, as it did where there was only one, goes to the owner; its rows may still be used. */
function handOver({ owner, role }: DatabasePolicy): string[] {
  return [
    `REASSIGN OWNED BY ${role} TO ${owner}`,
    `DO $$ DECLARE name text; BEGIN
       FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = '${owner}' LOOP
         EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO ${role}', name);
       END LOOP;
       FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND sequenceowner = '${owner}' LOOP
         EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %I TO ${role}', name);
       END LOOP;
     END $$`,
  ];
}

async function connected(url: string, action: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // Extensions announce that they exist already.
  await client.query('SET client_min_messages = warning');
  try {
    await action(client);
  } finally {
    await client.end();
  }
}

export function withDatabase(url: string, database: string): string {
  const result = new URL(url);
  result.pathname = `/${database}`;
  return result.href;
}
