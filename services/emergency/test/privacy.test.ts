import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Emergency } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { CancelReason, ResponseStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Decision } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { monas } from './neighbourhood.ts';
import { until } from './until.ts';
import { type EmergencyClient, type Person, refusal, type World, world } from './world.ts';

let w: World;
let id: string;
let requester: Person;
let responder: Person;
let offered: Person;
let stranger: Person;
let strangeVolunteer: Person;
const absent = randomUUIDv7();

before(async () => {
  w = await world('privacy');
  const [first = '', second = ''] = w.around.place([80, 130]);
  const pressed = await w.press({ severity: Severity.CRITICAL, description: 'Ibu sesak napas, lantai 3' });
  id = pressed.id;
  requester = pressed.citizen;
  await until(async () => (await w.asked(id)).length === 2);
  responder = await w.person('volunteer', first);
  offered = await w.person('volunteer', second);
  await w.accept(id, first);
  stranger = await w.person('citizen');
  strangeVolunteer = await w.person('volunteer');
});
after(() => w?.mesh.stop());

const seen = async ({ client }: Person): Promise<Emergency | undefined> => (await client.get({ id })).emergency;

test('requester, responder and dispatcher see the exact place and what was written', async () => {
  for (const person of [requester, responder, w.dispatcher]) {
    const emergency = await seen(person);
    assert.equal(emergency?.location?.latitude, monas.latitude);
    assert.equal(emergency?.locationApproximate, false);
    assert.equal(emergency?.description, 'Ibu sesak napas, lantai 3');
    assert.equal(emergency?.responses[0]?.displayName, 'Relawan 80');
  }
});

test('who was only asked sees the distance and roughly where, not who, nor what was written', async () => {
  const emergency = await seen(offered);
  const { latitude = 0, longitude = 0 } = emergency?.location ?? {};
  assert.equal(emergency?.locationApproximate, true);
  assert.ok(latitude !== monas.latitude && Math.abs(latitude - monas.latitude) < 0.003);
  assert.ok(longitude !== monas.longitude && Math.abs(longitude - monas.longitude) < 0.003);
  assert.deepEqual([emergency?.requesterId, emergency?.description, emergency?.responses], ['', '', []]);
  assert.ok(Math.abs((emergency?.ownOffer?.distanceMeters ?? 0) - 130) < 1);
});

test('an open emergency is listed for those it concerns, as each may see it', async () => {
  const listed = async ({ client }: Person) => (await client.listActive({})).emergencies;
  for (const person of [requester, responder, w.dispatcher]) {
    assert.deepEqual(
      (await listed(person)).map((emergency) => [emergency.id, emergency.locationApproximate]),
      [[id, false]],
    );
  }
  const [own] = await listed(offered);
  assert.deepEqual([own?.id, own?.locationApproximate, own?.description], [id, true, '']);
  assert.deepEqual(await listed(stranger), []);
});

/** What each may not do, by who they are. */
const CALLS: Record<string, (client: EmergencyClient, id: string) => Promise<unknown>> = {
  get: (client, id) => client.get({ id }),
  respond: (client, id) => client.respond({ id, decision: Decision.ACCEPT }),
  updateResponse: (client, id) => client.updateResponse({ id, status: ResponseStatus.EN_ROUTE }),
  complete: (client, id) => client.complete({ id }),
  cancel: (client, id) => client.cancel({ id, reason: CancelReason.FALSE_ALARM }),
  watch: (client, id) => client.watch({ id })[Symbol.asyncIterator]().next(),
};
const NOT_YOURS = 'PermissionDenied NOT_YOUR_EMERGENCY';

test('to a stranger a foreign emergency is as one that does not exist', async () => {
  for (const [name, call] of Object.entries(CALLS)) {
    assert.equal(await refusal(call(strangeVolunteer.client, id)), NOT_YOURS, name);
    assert.equal(await refusal(call(strangeVolunteer.client, absent)), NOT_YOURS, name);
  }
});

test('a dispatcher is told that there is none', async () => {
  for (const name of ['get', 'complete', 'cancel', 'watch'] as const) {
    assert.equal(
      await refusal(CALLS[name]?.(w.dispatcher.client, absent) ?? assert.fail()),
      'NotFound NO_SUCH_EMERGENCY',
    );
  }
  assert.equal(await refusal(w.dispatcher.client.listDispatchDecisions({ id: absent })), 'NotFound NO_SUCH_EMERGENCY');
});

test('who was only asked can neither watch, nor complete, nor call it off', async () => {
  for (const name of ['updateResponse', 'complete', 'cancel', 'watch'] as const) {
    assert.equal(await refusal(CALLS[name]?.(offered.client, id) ?? assert.fail()), NOT_YOURS, name);
  }
});

test('a responder does not call it off, and a requester does not complete it', async () => {
  assert.equal(await refusal(responder.client.cancel({ id, reason: CancelReason.RESOLVED })), NOT_YOURS);
  assert.equal(await refusal(requester.client.complete({ id })), NOT_YOURS);
});

test('decisions, statistics and who is near are for those whose role says so', async () => {
  for (const { client } of [requester, responder]) {
    assert.match(await refusal(client.listDispatchDecisions({ id })), /^PermissionDenied/);
    assert.match(await refusal(client.getResponseStatistics({})), /^PermissionDenied/);
    assert.match(await refusal(client.findNearbyVolunteers({ location: monas })), /^PermissionDenied/);
  }
  const { volunteers } = await w.dispatcher.client.findNearbyVolunteers({ location: monas, limit: 1 });
  assert.deepEqual(
    volunteers.map(({ displayName }) => displayName),
    ['Relawan 80'],
  );
});

test('a page token of another list is refused', async () => {
  for (const pageToken of ['nonsense', Buffer.from('{"after":"x"}').toString('base64url')]) {
    assert.equal(await refusal(w.dispatcher.client.listActive({ pageToken })), 'InvalidArgument BAD_PAGE_TOKEN');
    assert.equal(
      await refusal(w.dispatcher.client.listDispatchDecisions({ id, pageToken })),
      'InvalidArgument BAD_PAGE_TOKEN',
    );
  }
});
