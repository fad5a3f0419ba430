import pg from 'pg';
import { type ServiceName, services } from '../topology.ts';
import type { Environment } from './environment.ts';
import type { Mesh, Seed } from './mesh.ts';
import type { Roster } from './roster.ts';
import { namedAccounts } from './seed/accounts.ts';
import { type District, volunteers } from './seed/people.ts';

const VOLUNTEERS = 2_000;

type SeedService = (database: pg.Pool, roster: Roster, env: Environment) => Promise<void>;

/** Gives each service its part of 2,000 volunteers over Jakarta and of the named accounts, and brings positions up to now. */
export const seed: Seed = async (mesh) => {
  const now = new Date();
  const districts = await districtsOf(mesh);
  const { accounts, people } = namedAccounts(mesh.dataFolder, now);
  const dispatchers = people.filter(({ role }) => role === 'dispatcher');
  const roster: Roster = {
    people: [...people, ...volunteers(VOLUNTEERS, districts, now)],
    coordinators: (await withDatabase(mesh, 'emergency', readRegencies)).flatMap((regencyCode) =>
      dispatchers.map(({ id }) => ({ regencyCode, userId: id })),
    ),
  };
  await seedRoster(mesh, roster);
  return accounts;
};

/** Gives each service, or those named, its part of a roster. */
export async function seedRoster(
  mesh: Mesh,
  roster: Roster,
  names = Object.keys(services) as ServiceName[],
): Promise<void> {
  for (const name of names) {
    const module: { seed: SeedService } = await import(`../../services/${name}/seed.ts`);
    await withDatabase(mesh, name, (database) => module.seed(database, roster, mesh.environments[name]));
  }
}

async function withDatabase<T>(mesh: Mesh, name: ServiceName, work: (database: pg.Pool) => Promise<T>): Promise<T> {
  const database = new pg.Pool({ connectionString: mesh.databaseUrls[name], max: 2 });
  return work(database).finally(() => database.end());
}

/** Where volunteers live. */
export const districtsOf = (mesh: Mesh): Promise<District[]> => withDatabase(mesh, 'emergency', readDistricts);

async function readDistricts(database: pg.Pool): Promise<District[]> {
  const { rows } = await database.query<District>(
    'SELECT name, ST_Y(centre::geometry) AS latitude, ST_X(centre::geometry) AS longitude FROM districts ORDER BY name',
  );
  return rows;
}

async function readRegencies(database: pg.Pool): Promise<string[]> {
  const { rows } = await database.query<{ code: string }>('SELECT code FROM regencies ORDER BY code');
  return rows.map(({ code }) => code);
}
