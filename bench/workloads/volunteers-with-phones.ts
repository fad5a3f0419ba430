import pg from 'pg';
import { volunteers } from '../../mesh/local/seed/people.ts';
import { districtsOf, seedRoster } from '../../mesh/local/seed.ts';
import type { ServiceName } from '../../mesh/topology.ts';
import type { OwnMesh } from '../own-mesh.ts';

const BATCH = 10_000;

/** Makes the volunteers over Jakarta's districts as many as `count`, each with a phone, at a position measured now. */
export async function seedVolunteers(own: OwnMesh, count: number): Promise<void> {
  const { mesh } = own;
  const people = volunteers(count, await districtsOf(mesh), new Date());
  for (let first = 0; first < count; first += BATCH) {
    const roster = { people: people.slice(first, first + BATCH), coordinators: [] };
    await seedRoster(mesh, roster, ['volunteer', 'notification']);
  }
  await analyze(own, 'volunteer', 'volunteers, positions, certifications');
  await analyze(own, 'notification', 'contact, device');
}

/** What autovacuum has done long ago where so many came one by one. */
async function analyze({ mesh, urls }: OwnMesh, name: ServiceName, tables: string): Promise<void> {
  const url = new URL(urls.postgres);
  url.pathname = new URL(mesh.databaseUrls[name]).pathname;
  const owner = new pg.Client({ connectionString: url.href });
  await owner.connect();
  await owner.query(`ANALYZE ${tables}`).finally(() => owner.end());
}

/** Makes people known to notification, which tells those who press that help is on the way. */
export async function seedContacts({ mesh }: OwnMesh, userIds: readonly string[]): Promise<void> {
  const people = userIds.map((id, index) => ({
    id,
    email: `warga${index + 1}@kreki.example`,
    phone: `+62815${String(10_000_000 + index)}`,
    fullName: `Warga ${index + 1}`,
    role: 'public',
    locale: 'id' as const,
  }));
  for (let first = 0; first < people.length; first += BATCH) {
    await seedRoster(mesh, { people: people.slice(first, first + BATCH), coordinators: [] }, ['notification']);
  }
}
