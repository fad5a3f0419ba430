import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from '@connectrpc/connect';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { reasonOf, retryAfterMsOf } from '@kreki/runtime/errors';
import { bearer, Code, rejection, rest, transports } from './clients.ts';
import { ID } from './fixture.ts';
import { startEdge, type TestEdge } from './harness.ts';

let edge: TestEdge;
let token: string;
let work: NodeJS.Timeout;
before(async () => {
  edge = await startEdge({ SHED_DELAY: '40ms' });
  token = await edge.identity.tokenFor({ permissions: ['emergencies:create'] });
  // Keeps the process busy, so that whatever it does next is late.
  work = setInterval(() => {
    const endMs = performance.now() + 80;
    while (performance.now() < endMs);
  }, 1);
});
after(async () => {
  clearInterval(work);
  await edge.stop();
});

const shed = async () => {
  for (let tries = 0; tries < 500; tries++) {
    const answer = await rest(edge, 'GET', '/api/notifications', { token });
    if (answer.status !== 200) return answer;
  }
  return assert.fail('nothing was refused');
};

test('an edge that has too much to do refuses listings with 429, says when to come back, and asks no service', async () => {
  const answer = await shed();
  assert.equal(answer.status, 429);
  assert.equal(answer.reason, 'OVERLOADED');
  assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  const types = answer.json.details.map(({ type }: { type: string }) => type);
  assert.deepEqual(types, ['google.rpc.ErrorInfo', 'google.rpc.RetryInfo']);
});

for (const [name, open] of Object.entries(transports)) {
  test(`over ${name} the refusal carries its reason, RetryInfo and retry-after`, async () => {
    await shed();
    const client = createClient(NotificationService, open(edge));
    let error = await rejection(refused());
    for (let tries = 0; tries < 20 && error.code !== Code.ResourceExhausted; tries++)
      error = await rejection(refused());
    assert.equal(reasonOf(error), 'OVERLOADED');
    assert.ok((retryAfterMsOf(error) ?? 0) >= 1_000);
    assert.ok(Number(error.metadata.get('retry-after')) >= 1);

    /** While only a part is refused, a call may be let in. */
    async function refused(): Promise<never> {
      for (let tries = 0; tries < 200; tries++) await client.listNotifications({}, { headers: bearer(token) });
      return assert.fail('nothing was refused');
    }
  });
}

test('presses, answers and health go on meanwhile', async () => {
  await shed();
  const json = { location: { latitude: -6.2, longitude: 106.8 } };
  for (let call = 0; call < 10; call++) {
    assert.equal((await rest(edge, 'POST', '/api/emergency/panic', { token, json })).status, 200);
    assert.equal((await rest(edge, 'GET', `/api/emergency/${ID}/watch`, { token })).status, 200);
    assert.equal((await rest(edge, 'GET', '/healthz')).status, 200);
  }
});
