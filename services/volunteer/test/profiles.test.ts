import assert from 'node:assert/strict';
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import { DutyStatus, Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { north, refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('profiles');
});
after(() => w?.mesh.stop());

test('a citizen becomes a volunteer, once; a repeat with the same request gives the same profile', async () => {
  const id = randomUUIDv7();
  const citizen = await w.as('citizen', id);
  const requestId = randomUUID();
  const request = { displayName: 'Siti', skills: [Skill.FIRST_AID], requestId };
  const { volunteer } = await citizen.createProfile(request);
  assert.equal(volunteer?.id, id);
  assert.equal(volunteer?.timeZone, 'Asia/Jakarta');
  assert.equal(volunteer?.dutyStatus, DutyStatus.OFF_DUTY);
  assert.equal(volunteer?.verified, false);
  assert.deepEqual((await citizen.createProfile(request)).volunteer, volunteer);
  const exists = 'AlreadyExists PROFILE_EXISTS';
  assert.equal(await refusal(citizen.createProfile({ ...request, requestId: randomUUID() })), exists);
  assert.equal(await refusal(citizen.createProfile({ displayName: 'Siti' })), exists);
});

test('a profile that breaks its contract, or names an unknown time zone, is refused', async () => {
  const citizen = await w.as('citizen');
  const wrong = [
    { displayName: '' },
    { displayName: 'x'.repeat(101) },
    { displayName: 'nul\0' },
    { displayName: 'x', skills: [Skill.UNSPECIFIED] },
    { displayName: 'x', skills: [99 as Skill] },
    { displayName: 'x', timeZone: 'somewhere' },
  ];
  for (const request of wrong) assert.match(await refusal(citizen.createProfile(request)), /^InvalidArgument/);
  const nowhere = { displayName: 'x', timeZone: 'Asia/Nowhere' };
  assert.equal(await refusal(citizen.createProfile(nowhere)), 'InvalidArgument TIME_ZONE_UNKNOWN');
});

test('a profile with its position is read by its owner and by dispatchers, and by nobody else', async () => {
  const { id, client } = await w.volunteer({ displayName: 'Budi' });
  const own = (await client.getProfile({ volunteerId: 'me' })).volunteer;
  assert.equal(own?.displayName, 'Budi');
  assert.equal(own?.position?.location?.latitude, north(100).latitude);
  assert.deepEqual((await client.getProfile({ volunteerId: id.toUpperCase() })).volunteer, own);
  assert.deepEqual((await w.dispatcher.getProfile({ volunteerId: id })).volunteer, own);
  const other = await w.as('volunteer');
  const denied = 'PermissionDenied NOT_YOUR_PROFILE';
  assert.equal(await refusal(other.getProfile({ volunteerId: id })), denied);
  assert.equal(await refusal(other.getProfile({ volunteerId: randomUUID() })), denied);
  assert.equal(await refusal(other.getProfile({ volunteerId: 'me' })), 'NotFound PROFILE_NOT_FOUND');
  assert.equal(await refusal(w.dispatcher.getProfile({ volunteerId: randomUUID() })), 'NotFound PROFILE_NOT_FOUND');
  assert.match(await refusal(w.dispatcher.getProfile({ volunteerId: 'somebody' })), /^InvalidArgument/);
});

test('an update changes the fields of its mask, or those given', async () => {
  const { client } = await w.volunteer({ displayName: 'Ani' });
  const given = await client.updateProfile({ displayName: 'Ani S.' });
  assert.equal(given.volunteer?.displayName, 'Ani S.');
  assert.deepEqual(given.volunteer?.skills, [Skill.BASIC_LIFE_SUPPORT]);
  const masked = await client.updateProfile({
    displayName: 'unused',
    timeZone: 'Asia/Makassar',
    updateMask: { paths: ['skills', 'time_zone'] },
  });
  assert.equal(masked.volunteer?.displayName, 'Ani S.');
  assert.equal(masked.volunteer?.timeZone, 'Asia/Makassar');
  assert.deepEqual(masked.volunteer?.skills, []);
  const invalid = (request: Parameters<typeof client.updateProfile>[0]) => refusal(client.updateProfile(request));
  assert.equal(await invalid({ updateMask: { paths: ['verified'] } }), 'InvalidArgument FIELD_INVALID');
  assert.equal(await invalid({ updateMask: { paths: ['display_name'] } }), 'InvalidArgument FIELD_INVALID');
  assert.equal(await invalid({ timeZone: 'Asia/Nowhere' }), 'InvalidArgument TIME_ZONE_UNKNOWN');
});

test('of two updates based on the same version one is refused', async () => {
  const { client } = await w.volunteer();
  const etag = (await client.getProfile({ volunteerId: 'me' })).volunteer?.etag ?? '';
  const updates = ['a', 'b'].map((displayName) => refusal(client.updateProfile({ displayName, etag })));
  assert.deepEqual((await Promise.all(updates)).sort(), ['Aborted ETAG_MISMATCH', 'answered']);
  assert.equal(await refusal(client.updateProfile({ displayName: 'c' })), 'answered');
});

test('who has no profile is told so, and a citizen may change none', async () => {
  const nobody = await w.as('volunteer');
  const absent = 'FailedPrecondition NO_PROFILE';
  assert.equal(await refusal(nobody.updateProfile({ displayName: 'x' })), absent);
  assert.equal(await refusal(nobody.setAvailability({ dutyStatus: DutyStatus.ON_DUTY })), absent);
  const citizen = await w.as('citizen');
  const denied = 'PermissionDenied PERMISSION_REQUIRED';
  assert.equal(await refusal(citizen.updateProfile({ displayName: 'x' })), denied);
  assert.equal(await refusal(citizen.setAvailability({ dutyStatus: DutyStatus.ON_DUTY })), denied);
  assert.equal(await refusal(citizen.listVolunteers({})), denied);
});

test('the list goes through everybody once, page by page, in the order of names', async () => {
  const names = ['Zul', 'Agus', 'Agus', 'Dewi', 'Made'].map((name) => `list ${name}`);
  const skill = Skill.ADVANCED_TRAUMA_LIFE_SUPPORT;
  for (const displayName of names) await w.volunteer({ displayName, skill, onDuty: displayName !== 'list Made' });
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await w.dispatcher.listVolunteers({ skill, pageSize: 2, pageToken });
    assert.ok(page.volunteers.length <= 2);
    seen.push(...page.volunteers.map(({ displayName }) => displayName));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(seen, [...names].sort());
  const offDuty = await w.dispatcher.listVolunteers({ skill, dutyStatus: DutyStatus.OFF_DUTY });
  assert.deepEqual(
    offDuty.volunteers.map(({ displayName }) => displayName),
    ['list Made'],
  );
  assert.equal(offDuty.nextPageToken, '');
});

test('a token that the list did not give out is refused', async () => {
  const made = Buffer.from(JSON.stringify({ name: 'x', id: 'y' })).toString('base64url');
  for (const pageToken of ['?', made]) {
    assert.equal(await refusal(w.dispatcher.listVolunteers({ pageToken })), 'InvalidArgument BAD_PAGE_TOKEN');
  }
});
