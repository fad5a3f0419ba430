/** A private PostgreSQL with PostGIS. */
import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { own, writeOwned } from '../folders.ts';
import { findFolder, searchPath, versionOf } from './binaries.ts';
import type { Installation, Instance, Server } from './server.ts';

const run = promisify(execFile);

export const postgres: Server = {
  name: 'postgres',
  title: 'PostgreSQL + PostGIS',
  variable: 'POSTGRES_URL',
  requirement: 'PostgreSQL 15 or newer with PostGIS 3 (initdb and postgres on PATH)',
  compose: {
    port: 5432,
    definition: ({ password }) => ({
      image: 'postgis/postgis:15-3.4',
      environment: { POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: password },
      command: ['postgres', '-c', 'max_connections=200', '-c', 'shared_buffers=256MB'],
      shm_size: '512mb',
      volumes: ['postgres:/var/lib/postgresql/data'],
    }),
  },

  async locate() {
    for (const folder of searchPath()) {
      const bin = findFolder(['postgres', 'initdb'], [folder]);
      if (!bin || !(await hasPostgis(bin))) continue;
      return { bin, title: `PostgreSQL ${await versionOf(join(bin, 'postgres'))} + PostGIS` };
    }
    return undefined;
  },

  async prepare({ bin }: Installation, instance: Instance) {
    const data = join(own(join(instance.folder, 'postgres'), instance.user), 'data');
    if (!existsSync(join(data, 'PG_VERSION'))) await initialise(bin, data, instance);
    writeOwned(join(data, 'postgresql.conf'), configuration(instance), instance.user);
    return {
      name: 'postgres',
      command: join(bin, 'postgres'),
      args: ['-D', data],
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
      cwd: instance.folder,
      user: instance.user,
      // Fast shutdown: open transactions end, where SIGTERM would wait for every client to leave.
      stopSignal: 'SIGINT',
    };
  },

  url: (port, password) => `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,

  probe: (url) => async () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    // A server on its way up may cut the connection after the query was answered.
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT 1');
      return true;
    } finally {
      await client.end().catch(() => {});
    }
  },
};

/** Durable as in production; only what costs memory or noise differs from PostgreSQL's defaults. */
export function configuration(instance: Pick<Instance, 'port' | 'disposable'>): string {
  return [
    `port = ${instance.port}`,
    `listen_addresses = '127.0.0.1'`,
    `unix_socket_directories = ''`,
    `password_encryption = 'scram-sha-256'`,
    'max_connections = 200',
    `shared_buffers = '${instance.disposable ? 128 : 256}MB'`,
    `timezone = 'UTC'`,
    `log_min_messages = 'warning'`,
    'log_checkpoints = off',
    `log_line_prefix = '%m [%p] %q%u@%d '`,
    '',
  ].join('\n');
}

async function initialise(bin: string, data: string, instance: Instance): Promise<void> {
  // What an interrupted initdb left would stop the next one.
  rmSync(data, { recursive: true, force: true });
  const passwordFile = join(instance.folder, 'postgres', 'password');
  writeOwned(passwordFile, instance.password, instance.user);
  const locale = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
  const args = ['-D', data, '-U', 'postgres', '--encoding=UTF8', `--locale=${locale}`, '--auth=scram-sha-256'];
  if (instance.disposable) args.push('--no-sync');
  try {
    await run(join(bin, 'initdb'), [...args, `--pwfile=${passwordFile}`], {
      cwd: instance.folder,
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
      ...instance.user,
    });
  } finally {
    rmSync(passwordFile);
  }
}

/** Debian keeps the extensions apart from the programs, so the place is asked for, and guessed where pg_config is missing. */
async function hasPostgis(bin: string): Promise<boolean> {
  const asked = await run(join(bin, 'pg_config'), ['--sharedir']).catch(() => undefined);
  const major = /postgresql\/(\d+)\/bin/.exec(bin)?.[1];
  const folders = [
    asked?.stdout.trim(),
    major && `/usr/share/postgresql/${major}`,
    join(bin, '../share/postgresql'),
    join(bin, '../share'),
  ];
  return folders.some((folder) => folder && existsSync(join(folder, 'extension/postgis.control')));
}
