import { volunteers } from '../../mesh/local/seed/people.ts';
import { districtsOf, seedRoster } from '../../mesh/local/seed.ts';
import type { OwnMesh } from '../own-mesh.ts';

const BATCH = 10_000;

/** Makes the volunteers over Jakarta's districts as many as `count`, each with a phone, at a position measured now. */
export async function seedVolunteers({ mesh }: OwnMesh, count: number): Promise<void> {
  const people = volunteers(count, await districtsOf(mesh), new Date());
  for (let first = 0; first < count; first += BATCH) {
    const roster = { people: people.slice(first, first + BATCH), coordinators: [] };
    await seedRoster(mesh, roster, ['volunteer', 'notification']);
  }
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
