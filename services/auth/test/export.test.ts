import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Code } from '@connectrpc/connect';
import { PrivacyService } from '@kreki/gen/kreki/auth/v1/privacy_service_pb.js';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import { authMesh } from './harness.ts';
import { bearer, PASSWORD, reason } from './helpers.ts';

const { auth, users, mesh, service, holders, register, signedInAs, stop } = await authMesh('export');
after(stop);
const privacy = await mesh.client(PrivacyService, service.url);

async function exported(person: { accessToken: string }) {
  const sections: Record<string, unknown[]> = {};
  const titles = new Set<string>();
  let summary: Record<string, bigint> | undefined;
  for await (const message of privacy.exportMyData({}, bearer(person))) {
    assert.equal(summary, undefined, 'nothing follows the summary');
    if (message.summary) summary = message.summary.records;
    const { section, title, data } = message.record ?? {};
    if (!section) continue;
    titles.add(title ?? '');
    sections[section] = [...(sections[section] ?? []), data];
  }
  return { sections, titles, summary };
}

test('a person gets what every service holds of them, in their language, and the summary counts it', async () => {
  const person = await register({ locale: Locale.EN, phone: '0812-1111-2222' });
  await auth.login({ email: person.user.email, password: PASSWORD });
  await auth.logout({}, bearer(await auth.login({ email: person.user.email, password: PASSWORD })));
  const admin = await signedInAs('admin');
  await users.getUser({ userId: person.user.id }, bearer(admin));

  const { sections, titles, summary } = await exported(person);
  const { id, email, phone } = person.user;
  assert.partialDeepStrictEqual(sections['auth.account'], [{ id, email, phone, role: 'public', locale: 'LOCALE_EN' }]);
  assert.equal(sections['auth.session']?.length, 3);
  assert.partialDeepStrictEqual(sections['auth.session'], [{}, {}, { endReason: 'logout' }]);
  const access = { rpc: 'kreki.auth.v1.UserAdminService/GetUser', actorRole: 'admin', subjects: [`people/${id}`] };
  assert.partialDeepStrictEqual(sections['audit.about_you'], [access]);
  assert.ok(!JSON.stringify(sections).includes(admin.user?.id ?? 'none'), 'who it was is theirs');
  for (const name of Object.keys(holders)) {
    assert.deepEqual(sections[`${name}.thing`], [{ userId: id, locale: Locale.EN }], name);
  }
  assert.ok(titles.has('KREKI ID account'));
  assert.deepEqual(
    summary,
    Object.fromEntries(Object.entries(sections).map(([name, records]) => [name, BigInt(records.length)])),
  );
});

test('an export that is not whole says so, and has no summary', async () => {
  const person = await register();
  await holders.notification?.stop();
  await assert.rejects(exported(person), reason('EXPORT_INCOMPLETE'));
  await holders.notification?.start();
});

test('nobody exports without signing in', async () => {
  await assert.rejects(exported({ accessToken: '' }), { code: Code.Unauthenticated });
});
