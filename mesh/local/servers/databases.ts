/** One database and one login role for each service: it owns that database and may enter no other. */
import pg from 'pg';
import { type ServiceName, serviceNames, services } from '../../topology.ts';
import type { Secrets } from '../secrets.ts';

/**
 * Makes what is missing, and sets each role's password to the one in the secrets.
 * @param superuserUrl URL of the server as its superuser
 * @param exclusive whether the server is the mesh's own, so that its maintenance databases may be closed to roles too
 * @returns each service's own URL
 */
export async function createDatabases(
  superuserUrl: string,
  secrets: Secrets,
  exclusive: boolean,
): Promise<Record<ServiceName, string>> {
  const urls: Partial<Record<ServiceName, string>> = {};
  await connected(superuserUrl, async (server) => {
    if (exclusive) await server.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC');
    for (const name of serviceNames) {
      const { postgres } = services[name].stores;
      if (!postgres) continue;
      const database = `kreki_${name}`;
      const password = secrets.password(database);
      await createOwned(server, database, password);
      await connected(withDatabase(superuserUrl, database), (own) => addExtensions(own, postgres.extensions));
      urls[name] = asRole(withDatabase(superuserUrl, database), database, password);
    }
  });
  return urls as Record<ServiceName, string>;
}

/** Removes every service's database and role, from a server that is not ours to empty. */
export async function dropDatabases(superuserUrl: string): Promise<void> {
  await connected(superuserUrl, async (server) => {
    for (const name of serviceNames) {
      await server.query(`DROP DATABASE IF EXISTS kreki_${name} WITH (FORCE)`);
      await server.query(`DROP ROLE IF EXISTS kreki_${name}`);
    }
  });
}

async function createOwned(server: pg.Client, name: string, password: string): Promise<void> {
  const role = await server.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  const verb = role.rowCount === 0 ? 'CREATE' : 'ALTER';
  await server.query(`${verb} ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '${password}'`);
  const database = await server.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (database.rowCount === 0) {
    // Needed where the administrator is no superuser, as at a hosting provider.
    await server.query(`GRANT ${name} TO CURRENT_USER`);
    await server.query(`CREATE DATABASE ${name} OWNER ${name}`);
  }
  await server.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
}

async function addExtensions(database: pg.Client, extensions: readonly string[]): Promise<void> {
  for (const extension of extensions) await database.query(`CREATE EXTENSION IF NOT EXISTS ${extension}`);
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

export function asRole(url: string, role: string, password: string): string {
  const result = new URL(url);
  result.username = role;
  result.password = password;
  return result.href;
}
