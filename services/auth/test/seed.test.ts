import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, test } from 'node:test';
import { seed } from '../seed.ts';
import { authMesh } from './harness.ts';
import { PASSWORD, reason } from './helpers.ts';

const { auth, env, pool, stop } = await authMesh('seed');
after(stop);

const person = (index: number) => ({
  id: randomUUIDv7(),
  email: `Volunteer-${index}@kreki.test`,
  phone: `+62812${String(index).padStart(8, '0')}`,
  fullName: `Volunteer ${index}`,
  role: 'volunteer',
  locale: 'id' as const,
});

test('a roster of 2,000 is there, twice over without a difference', async () => {
  const people = Array.from({ length: 2_000 }, (_, index) => person(index));
  const roster = { people: [{ ...person(9_999), role: 'admin', password: PASSWORD }, ...people] };
  await seed(pool, roster, env);
  await seed(pool, roster, env);
  assert.equal((await pool.query('SELECT count(*)::int AS count FROM users')).rows[0].count, 2_001);

  const { user } = await auth.login({ email: 'volunteer-9999@kreki.test', password: PASSWORD });
  assert.equal(user?.role, 'admin');
  const withoutPassword = auth.login({ email: 'volunteer-1@kreki.test', password: PASSWORD });
  await assert.rejects(withoutPassword, reason('INVALID_CREDENTIALS'));
});
