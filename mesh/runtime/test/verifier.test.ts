import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { reasonOf } from '../errors.ts';
import { fetchKeysFrom } from '../identity/keys.ts';
import { createTokenVerifier } from '../identity/verifier.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { setClock } from '../testing/clock.ts';
import { testIdentities } from '../testing/identities.ts';
import { startIdentity } from '../testing/identity.ts';

const identities = testIdentities();
const identity = await startIdentity(identities);
const keys = createGrpcTransport({ url: identity.url, identity: identities.of('emergency'), service: 'auth' });
after(async () => {
  keys.close();
  await identity.stop();
  identities.stop();
});

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => reasonOf(error),
  );

test('a token counts for some seconds after its end, since clocks differ, whether it was seen before or not', async () => {
  const verify = createTokenVerifier({ fetchKeys: fetchKeysFrom(keys) });
  const token = await identity.tokenFor({});
  const { expiresAtMs } = await verify(token);
  const outcomes: Record<string, string[]> = {};
  for (const [when, atMs] of [
    ['before', -60_000],
    ['soon after', 3_000],
    ['after', 10_000],
  ] as const) {
    const clock = setClock(expiresAtMs + atMs - Date.now());
    try {
      const unseen = createTokenVerifier({ fetchKeys: fetchKeysFrom(keys) });
      outcomes[when] = [await outcome(verify(token)), await outcome(unseen(token))];
    } finally {
      clock.restore();
    }
  }
  assert.deepEqual(outcomes, {
    before: ['accepted', 'accepted'],
    'soon after': ['accepted', 'accepted'],
    after: ['TOKEN_EXPIRED', 'TOKEN_EXPIRED'],
  });
});
