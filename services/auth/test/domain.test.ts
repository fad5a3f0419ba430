import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { toE164 } from '../accounts/phone.ts';
import { Slots } from '../passwords/slots.ts';
import { permissionMessages, permissionTexts } from '../roles/permissions.ts';
import type { StoredRefreshToken } from '../store/refresh-tokens.ts';
import { decideRefresh } from '../tokens/refresh-decision.ts';
import { newRefreshToken, sealSuccessor, unsealSuccessor } from '../tokens/refresh-token.ts';
import { seal, unseal } from '../tokens/sealing.ts';
import { reason } from './helpers.ts';

test('phone numbers are stored as E.164, however they are written', () => {
  const written = ['0812-3456-7890', '+62 812 3456 7890', '62812 34567890', '812.3456.7890', '+62 (0)812 34567890'];
  for (const number of [...written, '0062 812 3456 7890']) assert.equal(toE164(number), '+6281234567890', number);
  assert.equal(toE164('(021) 500 119'), '+6221500119');
  assert.equal(toE164('+1 202 555 0147'), '+12025550147');
  for (const number of ['', '0000 0000', '+0 812 3456 789', '12345']) {
    assert.throws(() => toE164(number), reason('PHONE_INVALID'), number);
  }
});

test('permissions read back as they were written', () => {
  const permission = fc.tuple(
    fc.constantFrom('emergencies', 'users', 'case_reports'),
    fc.constantFrom('create', 'read', 'update', 'delete'),
  );
  const texts = fc.uniqueArray(permission.map((pair) => pair.join(':')));
  fc.assert(
    fc.property(texts, (granted) => {
      assert.deepEqual(permissionTexts(permissionMessages(granted)), granted.toSorted());
    }),
  );
});

test('a refresh token is decided on by its state alone', () => {
  const unspent: StoredRefreshToken = {
    sessionId: '',
    userId: '',
    endReason: null,
    expired: false,
    spentAgoMs: null,
    successorSealed: null,
    successorSpent: false,
  };
  const decide = (changes: Partial<StoredRefreshToken>) => decideRefresh({ ...unspent, ...changes }, 30_000);
  assert.equal(decide({}), 'renew');
  assert.equal(decide({ expired: true }), 'refused');
  assert.equal(decide({ endReason: 'logout' }), 'refused');
  assert.equal(decide({ endReason: 'reuse' }), 'reused');
  assert.equal(decide({ spentAgoMs: 29_000 }), 'repeat');
  assert.equal(decide({ spentAgoMs: 29_000, endReason: 'logout' }), 'refused');
  assert.equal(decide({ spentAgoMs: 29_000, successorSpent: true }), 'reused');
  assert.equal(decide({ spentAgoMs: 31_000 }), 'reused');
});

test('what is sealed opens with its key and as what it was sealed, and not when a bit has changed', () => {
  const key = randomBytes(32);
  const sealed = seal(key, Buffer.from('secret'), 'kid');
  assert.equal(unseal(key, sealed, 'kid').toString(), 'secret');
  assert.throws(() => unseal(randomBytes(32), sealed, 'kid'));
  assert.throws(() => unseal(key, sealed, 'another'));
  for (let place = 0; place < sealed.length; place += 1) {
    const changed = Buffer.from(sealed);
    changed[place] = (changed[place] ?? 0) ^ 1;
    assert.throws(() => unseal(key, changed, 'kid'));
  }
});

test('a successor opens only with its predecessor', () => {
  const [token, successor] = [newRefreshToken(), newRefreshToken()];
  const sealed = sealSuccessor(token, successor);
  assert.equal(unsealSuccessor(token, sealed), successor);
  assert.throws(() => unsealSuccessor(successor, sealed));
});

test('no more works run than there are slots, in order, and the queue is bounded', async () => {
  const slots = new Slots(2, 3);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const work = (index: number) => async () => {
    running += 1;
    most = Math.max(most, running);
    await sleep(5);
    order.push(index);
    running -= 1;
  };
  const works = [0, 1, 2, 3, 4].map((index) => slots.run(work(index)));
  await assert.rejects(slots.run(work(5)), reason('TOO_BUSY'));
  await Promise.all(works);
  assert.equal(most, 2);
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
  await slots.run(work(6));
});

test('who goes away gives up its place in the queue', async () => {
  const slots = new Slots(1, 1);
  const leaving = new AbortController();
  const first = slots.run(() => sleep(20));
  const second = slots.run(() => Promise.reject(new Error('must not run')), leaving.signal);
  leaving.abort(new Error('gone'));
  await assert.rejects(second, /gone/);
  await Promise.all([first, slots.run(() => sleep(1))]);
});
