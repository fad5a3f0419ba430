import assert from 'node:assert/strict';
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('certifications');
});
after(() => w?.mesh.stop());

const certificate = () => ({
  skill: Skill.AED,
  issuer: 'Palang Merah Indonesia',
  number: randomUUID(),
  validFrom: timestampFromMs(Date.now() - 1_000),
  validUntil: timestampFromMs(Date.now() + 60_000),
});

test('a certificate is added once; a repeat with the same request gives the same one', async () => {
  const { client } = await w.volunteer({ certified: false });
  const request = { ...certificate(), requestId: randomUUID() };
  const { certification } = await client.addCertification(request);
  assert.equal(certification?.number, request.number);
  assert.equal(certification?.verified, false);
  assert.deepEqual((await client.addCertification(request)).certification, certification);
  const { volunteer } = await client.getProfile({ volunteerId: 'me' });
  assert.deepEqual(volunteer?.certifications, [certification]);
});

test("an issuer's number is taken once, whoever claims it and however the issuer is written", async () => {
  const first = await w.volunteer({ certified: false });
  const second = await w.volunteer({ certified: false });
  const request = certificate();
  await first.client.addCertification(request);
  const taken = 'AlreadyExists CERTIFICATION_EXISTS';
  assert.equal(await refusal(first.client.addCertification(request)), taken);
  const shouted = { ...request, issuer: request.issuer.toUpperCase(), requestId: randomUUID() };
  assert.equal(await refusal(second.client.addCertification(shouted)), taken);
});

test('a false claim to a number does not keep its owner from it, and cannot come back', async () => {
  const thief = await w.volunteer({ certified: false });
  const owner = await w.volunteer({ certified: false });
  const request = certificate();
  const { certification } = await thief.client.addCertification(request);
  const claim = { volunteerId: thief.id, certificationId: certification?.id ?? '' };
  await w.dispatcher.verifyCertification({ ...claim, reject: true });
  assert.equal(await refusal(owner.client.addCertification(request)), 'answered');
  assert.equal(await refusal(w.dispatcher.verifyCertification(claim)), 'AlreadyExists CERTIFICATION_EXISTS');
});

test('the first certificate found genuine verifies the volunteer, and finding so again changes nothing', async () => {
  const { id, client } = await w.volunteer({ certified: false });
  const checker = randomUUIDv7();
  const dispatcher = await w.as('dispatcher', checker);
  const { certification } = await client.addCertification(certificate());
  const check = { volunteerId: id, certificationId: certification?.id ?? '' };
  const profile = async () => (await client.getProfile({ volunteerId: 'me' })).volunteer;
  assert.equal((await profile())?.verified, false);
  const found = await dispatcher.verifyCertification(check);
  assert.equal(found.certification?.verified, true);
  assert.equal(found.certification?.verifiedBy, checker);
  assert.ok(found.certification?.verifyTime);
  const verified = await profile();
  assert.equal(verified?.verified, true);
  assert.deepEqual(await w.dispatcher.verifyCertification(check), found);
  assert.deepEqual(await profile(), verified);
  const rejected = await dispatcher.verifyCertification({ ...check, reject: true });
  assert.equal(rejected.certification?.verified, false);
});

test('what a certificate must not be is refused', async () => {
  const { client } = await w.volunteer({ certified: false });
  const good = certificate();
  const wrong = [
    { ...good, skill: Skill.UNSPECIFIED },
    { ...good, issuer: '' },
    { ...good, number: 'a\0b' },
    { ...good, validUntil: good.validFrom },
    { ...good, validUntil: timestampFromMs(9e18) },
    { ...good, requestId: 'again' },
  ];
  for (const request of wrong) assert.match(await refusal(client.addCertification(request)), /^InvalidArgument/);
});

test('a volunteer verifies no certificate, a dispatcher none that does not exist, nobody adds one without a profile', async () => {
  const { id, client, certificationId } = await w.volunteer({ verified: false });
  const check = { volunteerId: id, certificationId };
  assert.equal(await refusal(client.verifyCertification(check)), 'PermissionDenied PERMISSION_REQUIRED');
  const absent = 'NotFound CERTIFICATION_NOT_FOUND';
  assert.equal(await refusal(w.dispatcher.verifyCertification({ ...check, certificationId: randomUUID() })), absent);
  assert.equal(await refusal(w.dispatcher.verifyCertification({ ...check, volunteerId: randomUUID() })), absent);
  const nobody = await w.as('volunteer');
  assert.equal(await refusal(nobody.addCertification(certificate())), 'FailedPrecondition NO_PROFILE');
});
