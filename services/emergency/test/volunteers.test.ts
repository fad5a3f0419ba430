import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CancelReason, Category, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { north } from './neighbourhood.ts';
import { until } from './until.ts';
import { seedVolunteers, startVolunteerProcess, type VolunteerProcess } from './volunteer-process.ts';
import { type World, world } from './world.ts';

/** Beside the volunteer service itself, in a process of its own. */
let w: World;
let volunteers: VolunteerProcess;
let url: string;
let ids: string[];
before(async () => {
  w = await world('volunteers');
  volunteers = await startVolunteerProcess(w.mesh);
  w.mesh.onStop(() => volunteers.stop());
  url = (await w.start({ VOLUNTEER_URL: volunteers.url, DISPATCH_SEARCH_AGAIN: '200ms' })).url;
  await w.service.stop();
  ids = Array.from({ length: 9 }, () => randomUUIDv7());
  await seedVolunteers(
    volunteers,
    ids.map((id, index) => ({ id, skill: Skill.BASIC_LIFE_SUPPORT, ...north(50 * (index + 1)) })),
  );
});
after(() => w?.mesh.stop());

async function press(severity = Severity.CRITICAL) {
  const { id, client } = await w.person('citizen', undefined, url);
  const { emergency } = await client.triggerPanic({ location: north(0), severity, category: Category.CARDIAC_ARREST });
  return { requesterId: id, client, id: emergency?.id ?? '' };
}

test('the nearest certified volunteers are asked, as the volunteer service knows them', async () => {
  const { id, client } = await press();
  await until(async () => JSON.stringify(await w.asked(id)) === JSON.stringify(ids.slice(0, 7)));
  await client.cancel({ id, reason: CancelReason.FALSE_ALARM });
});

test('who responds is on nobody else’s list once the volunteer service has heard, and is again when done', async () => {
  const dispatcher = await w.person('dispatcher', undefined, url);
  const nearest = async () => {
    const found = await dispatcher.client.findNearbyVolunteers({ location: north(0), limit: 1 });
    return found.volunteers[0]?.volunteerId;
  };
  const { id, client } = await press(Severity.NORMAL);
  await until(async () => (await w.asked(id)).length === 7);
  const responder = await w.person('volunteer', ids[0], url);
  await responder.client.respond({ id, decision: 1 });
  await until(async () => (await nearest()) === ids[1]);
  await client.cancel({ id, reason: CancelReason.RESOLVED });
  await until(async () => (await nearest()) === ids[0]);
});

test('a press while the volunteer service is killed is dispatched as soon as it is back', async () => {
  await volunteers.kill();
  const { id, client } = await press();
  assert.deepEqual(await w.asked(id), []);
  await volunteers.start();
  await until(async () => (await w.asked(id)).length === 7);
  await client.cancel({ id, reason: CancelReason.FALSE_ALARM });
});

test('a volunteer who is the requester is not asked', async () => {
  const self = await w.person('volunteer', ids[0], url);
  const { emergency } = await self.client.triggerPanic({ location: north(0) });
  const id = emergency?.id ?? '';
  await until(async () => JSON.stringify(await w.asked(id)) === JSON.stringify(ids.slice(1, 8)));
  await self.client.cancel({ id, reason: CancelReason.FALSE_ALARM });
});

test('who goes off duty in the app is replaced at the next check', async () => {
  const replica = await w.start({ VOLUNTEER_URL: volunteers.url, DISPATCH_CHECK_OFFERS: '200ms' });
  const { id } = await press();
  await until(async () => (await w.asked(id)).length === 7);
  const volunteer = await w.mesh.client(VolunteerService, volunteers.url, {
    userId: ids[3] ?? '',
    permissions: ['volunteers:update'],
  });
  await volunteer.setAvailability({ dutyStatus: 1 });
  await w.pool.query('UPDATE emergencies SET next_step_at = now() WHERE id = $1', [id]);
  await until(async () => {
    const asked = await w.asked(id);
    return asked.length === 7 && !asked.includes(ids[3] ?? '');
  });
  await replica.stop();
});
