import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { type SeedPerson, seed } from '../seed.ts';
import { monas, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('seed');
});
after(() => w?.mesh.stop());

const DAY_MS = 86_400_000;

function person(index: number): SeedPerson {
  if (index % 10 === 0) return { id: randomUUIDv7() };
  const certification = {
    id: randomUUIDv7(),
    skill: Skill.BASIC_LIFE_SUPPORT,
    issuer: 'PMI',
    number: `BHD-${index}`,
    validFrom: new Date(Date.now() - DAY_MS),
    validUntil: new Date(Date.now() + DAY_MS),
  };
  return {
    id: randomUUIDv7(),
    volunteer: {
      displayName: `Relawan "${index}", {x}`,
      skills: [Skill.BASIC_LIFE_SUPPORT, Skill.AED],
      certifications: [certification],
      latitude: monas.latitude + index * 1e-5,
      longitude: monas.longitude,
      onDuty: index % 2 === 1,
    },
  };
}

test('a roster seeded twice gives each volunteer once, found where the roster puts them now', async () => {
  const people = Array.from({ length: 100 }, (_, index) => person(index));
  await seed(w.pool, { people });
  await w.pool.query("UPDATE positions SET measured_at = now() - interval '1 hour'");
  const search = { location: monas, radiusMeters: 2_000, skills: [Skill.BASIC_LIFE_SUPPORT], limit: 100 };
  assert.equal((await w.dispatcher.findNearby(search)).volunteers.length, 0);
  await seed(w.pool, { people });
  const { volunteers } = await w.dispatcher.findNearby(search);
  assert.deepEqual(
    volunteers.map(({ volunteerId }) => volunteerId),
    people.filter(({ volunteer }) => volunteer?.onDuty).map(({ id }) => id),
  );
  assert.equal(volunteers[0]?.displayName, 'Relawan "1", {x}');
  const listed = await w.dispatcher.listVolunteers({ pageSize: 100 });
  assert.equal(listed.volunteers.length, 90);
  assert.deepEqual(listed.volunteers[0]?.skills, [Skill.BASIC_LIFE_SUPPORT, Skill.AED]);
});

test('2,000 volunteers are seeded within seconds, an empty roster at once', async () => {
  const people = Array.from({ length: 2_000 }, (_, index) => person(index + 1_000));
  const startMs = performance.now();
  await seed(w.pool, { people });
  assert.ok(performance.now() - startMs < 5_000);
  await seed(w.pool, { people: [] });
});
