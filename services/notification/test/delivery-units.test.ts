import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { retryAfterMs } from '../channels/outcome.ts';
import { pushOutcome } from '../channels/push.ts';
import { backoffMs } from '../delivery/backoff.ts';
import { tokenBucket } from '../delivery/rate-limit.ts';
import { parseWebhook } from '../webhook/parse.ts';

describe('the parts of delivery', () => {
  it('a wait doubles with each attempt, keeps to a minute, and is never shorter than asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.nat(120_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, least, dice) => {
          const wait = backoffMs(n, least, () => dice);
          assert.ok(wait >= least && wait <= Math.max(least, 30_000) + 30_001);
        },
      ),
    );
    assert.equal(
      backoffMs(1, 0, () => 1),
      500,
    );
    assert.equal(
      backoffMs(4, 0, () => 0),
      2_000,
    );
  });

  it('a bucket gives no more than its rate, and keeps a reserve for the urgent', () => {
    let now = 0;
    const bucket = tokenBucket(80, () => now);
    assert.equal(bucket.take(100, 10), 10);
    assert.equal(bucket.take(100, 10), 0);
    assert.equal(bucket.take(100), 10);
    assert.equal(bucket.waitMs(), 13);
    now += 125;
    assert.equal(bucket.take(100), 10);
    bucket.giveBack(4);
    assert.equal(bucket.take(100), 4);
  });

  it('Retry-After is seconds or a date', () => {
    assert.equal(retryAfterMs('3'), 3_000);
    assert.equal(retryAfterMs(new Date(5_000).toUTCString(), 1_000), 4_000);
    assert.equal(retryAfterMs('soon'), undefined);
    assert.equal(retryAfterMs(null), undefined);
  });

  it('only an error that names the token costs a phone its registration', () => {
    const kind = (code: string, message = '') => pushOutcome({ code: `messaging/${code}`, message }).kind;
    assert.equal(kind('registration-token-not-registered'), 'dead');
    assert.equal(kind('invalid-argument', 'The registration token is not a valid FCM registration token'), 'dead');
    assert.equal(kind('invalid-argument', 'Invalid ttl'), 'failed');
    assert.equal(kind('mismatched-credential'), 'failed');
    assert.equal(kind('server-unavailable'), 'retry');
    assert.equal(kind('message-rate-exceeded'), 'retry');
  });

  it('a webhook of any shape is read without a fault', () => {
    fc.assert(
      fc.property(fc.json(), (body) => {
        parseWebhook(Buffer.from(body), String);
      }),
    );
    assert.throws(() => parseWebhook(Buffer.from('{'), String), SyntaxError);
  });
});
