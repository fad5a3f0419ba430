import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { findFreePort } from '@kreki/runtime/testing/free-port';
import type { TestMesh } from '@kreki/runtime/testing/harness';
import pg from 'pg';
import { until } from './until.ts';

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** The volunteer service as it is in the mesh: another process, with a database of its own, known by its contract and its scripts. */
export interface VolunteerProcess {
  readonly url: string;
  readonly databaseUrl: string;
  start(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const script = (name: string) => fileURLToPath(new URL(`../../volunteer/${name}`, import.meta.url));

export async function startVolunteerProcess(mesh: TestMesh): Promise<VolunteerProcess> {
  const databaseUrl = `${mesh.databaseUrl}_volunteer`;
  const name = new URL(databaseUrl).pathname.slice(1);
  await run(mesh.databaseUrl, `CREATE DATABASE ${name}`);
  const port = await findFreePort();
  const url = `https://127.0.0.1:${port}`;
  const asService = await mesh.client(VolunteerService, url, { service: 'emergency' });
  let child: ChildProcess | undefined;

  const start = async () => {
    const env = { ...process.env, ...mesh.env('volunteer', { DATABASE_URL: databaseUrl, SERVICE_PORT: String(port) }) };
    child = spawn(process.execPath, [script('main.ts')], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    const location = { latitude: 0, longitude: 0 };
    await until(() => asService.findNearby({ location, radiusMeters: 1 }).catch(() => undefined), 30_000);
  };
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  await start();
  return {
    url,
    databaseUrl,
    start,
    kill,
    async stop() {
      await kill();
      await run(mesh.databaseUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

const YEAR_MS = 31_536_000_000;

/** Brings volunteers in by the service's own seed: on duty, verified, certified, where they are now. */
export async function seedVolunteers(
  { databaseUrl }: VolunteerProcess,
  volunteers: readonly (Place & { readonly id: string; readonly skill: Skill })[],
): Promise<void> {
  const [validFrom, validUntil] = [new Date(Date.now() - YEAR_MS), new Date(Date.now() + YEAR_MS)];
  const people = volunteers.map(({ id, skill, latitude, longitude }) => ({
    id,
    volunteer: {
      displayName: `Relawan ${id.slice(-4)}`,
      skills: [skill],
      certifications: [{ id, skill, issuer: 'PMI', number: id, validFrom, validUntil }],
      latitude,
      longitude,
      onDuty: true,
    },
  }));
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  const seeding = spawn(process.execPath, [script('seed.ts')], { env, stdio: ['pipe', 'inherit', 'inherit'] });
  seeding.stdin.end(JSON.stringify({ people }));
  const [code] = await once(seeding, 'exit');
  if (code !== 0) throw new Error('volunteers could not be seeded');
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
