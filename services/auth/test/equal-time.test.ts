import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { authMesh } from './harness.ts';
import { reason } from './helpers.ts';

const { auth, register, stop } = await authMesh('equal_time', { LOGIN_FAILURES: '1000' });
after(stop);

const TRIES = 15;

test('an unknown e-mail takes as long as a wrong password', async () => {
  const { user } = await register();
  const timesMs = { known: [] as number[], unknown: [] as number[] };
  const measure = async (email: string) => {
    const start = performance.now();
    await assert.rejects(auth.login({ email, password: 'Wrong-119' }), reason('INVALID_CREDENTIALS'));
    return performance.now() - start;
  };
  for (let index = 0; index < TRIES; index += 1) {
    timesMs.known.push(await measure(user.email));
    timesMs.unknown.push(await measure(`nobody-${index}@kreki.test`));
  }
  const [known, unknown] = [median(timesMs.known), median(timesMs.unknown)];
  // Without a hash to verify, the answer takes a tenth of the time.
  assert.ok(unknown > known / 2 && unknown < known * 2, `known ${known} ms, unknown ${unknown} ms`);
});

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
