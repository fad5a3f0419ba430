import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { EmergencyStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { reasonOf } from '@kreki/runtime/errors';
import { bearer, Code, collect, rejection, transports } from './clients.ts';
import { FAILING_ID, ID, LONG_ID, QUIET_ID } from './fixture.ts';
import { startEdge, type TestEdge } from './harness.ts';

let edge: TestEdge;
let headers: Record<string, string>;
before(async () => {
  edge = await startEdge();
  headers = bearer(await edge.identity.tokenFor({ permissions: ['emergencies:create', 'volunteers:update'] }));
});
after(() => edge.stop());

for (const [name, open] of Object.entries(transports)) {
  describe(name, () => {
    const client = () => createClient(EmergencyService, open(edge));

    test('a press goes through and comes back', async () => {
      const { emergency } = await client().triggerPanic(
        { location: { latitude: -6.2, longitude: 106.8 } },
        { headers },
      );
      assert.equal(emergency?.status, EmergencyStatus.PENDING);
      assert.equal(emergency?.location?.latitude, -6.2);
    });

    test('an error keeps its code, reason and details', async () => {
      const nobody = await rejection(client().get({ id: ID }));
      assert.equal(nobody.code, Code.Unauthenticated);
      assert.equal(reasonOf(nobody), 'SIGN_IN_REQUIRED');
      const invalid = await rejection(client().get({ id: 'x' }, { headers }));
      assert.equal(invalid.code, Code.InvalidArgument);
      assert.equal(invalid.details.length, 1);
    });

    test('a stream comes message by message, and ends', async () => {
      const seen = await collect(client().watch({ id: ID }, { headers }));
      assert.deepEqual(
        seen.map(({ emergency }) => emergency?.version),
        [1n, 2n, 3n],
      );
    });

    test('a stream that fails half-way says why', async () => {
      const error = await rejection(collect(client().watch({ id: FAILING_ID }, { headers })));
      assert.equal(error.code, Code.FailedPrecondition);
      assert.equal(reasonOf(error), 'AS_TOLD');
    });

    test('a client that leaves ends the stream at its source', async () => {
      const leaving = new AbortController();
      let seen = 0;
      const reading = (async () => {
        for await (const _ of client().watch({ id: LONG_ID }, { headers, signal: leaving.signal })) {
          seen += 1;
          if (seen === 2) leaving.abort();
        }
      })();
      assert.equal((await rejection(reading)).code, Code.Canceled);
      for (let i = 0; i < 100 && edge.upstream.watches.open > 0; i++) await sleep(20);
      assert.equal(edge.upstream.watches.open, 0);
    });

    test('the deadline of the caller goes on with the call', async () => {
      await client().get({ id: ID }, { headers, timeoutMs: 1_500 });
      const { timeoutMs = 0 } = edge.upstream.last();
      assert.ok(timeoutMs > 0 && timeoutMs <= 1_500, String(timeoutMs));
    });

    test('the deadline of the caller ends a stream', async () => {
      // In headers of the test's own, since a client that is told ends its call itself.
      const soon = { 'grpc-timeout': '700m', 'connect-timeout-ms': '700' };
      const error = await rejection(collect(client().watch({ id: QUIET_ID }, { headers: { ...headers, ...soon } })));
      assert.equal(error.code, Code.DeadlineExceeded);
      assert.equal(reasonOf(error), 'DEADLINE_EXCEEDED');
      assert.doesNotMatch(error.rawMessage, /127\.0\.0\.1/);
    });

    test('a deadline in years is none', async () => {
      for (const milliseconds of ['9999999999', '99999999999']) {
        const endless = { 'grpc-timeout': '99999999H', 'connect-timeout-ms': milliseconds };
        const { emergency } = await client().get({ id: ID }, { headers: { ...headers, ...endless } });
        assert.equal(emergency?.id, ID);
      }
    });
  });
}

for (const name of ['gRPC', 'Connect over HTTP/2']) {
  test(`positions stream in over ${name}; one off the globe ends the stream with its reason`, async () => {
    const client = createClient(VolunteerService, transports[name]?.(edge) ?? assert.fail());
    async function* positions(latitude: number) {
      for (let i = 0; i < 500; i++) yield { location: { latitude: i < 400 ? -6.2 : latitude, longitude: 106.8 } };
    }
    assert.equal((await client.streamLocations(positions(-6.2), { headers })).received, 500n);
    const error = await rejection(client.streamLocations(positions(91), { headers }));
    assert.equal(error.code, Code.InvalidArgument);
    assert.match(error.rawMessage, /latitude/);
  });
}

for (const name of ['gRPC', 'Connect over HTTP/2', 'gRPC-Web']) {
  test(`a reader over ${name} that stops reading holds the stream back at its source, and gets all when it reads on`, async () => {
    const client = createClient(EmergencyService, transports[name]?.(edge) ?? assert.fail());
    const before = edge.upstream.watches.sent;
    const messages = client.watch({ id: LONG_ID }, { headers })[Symbol.asyncIterator]();
    await messages.next();
    await sleep(500);
    const sent = edge.upstream.watches.sent - before;
    assert.ok(sent < 1_000, `${sent} of 5000 messages of 10 kB were sent to nobody`);
    for (let version = 2n; version <= 5_000n; version++) {
      assert.equal((await messages.next()).value?.emergency?.version, version);
    }
    assert.equal((await messages.next()).done, true);
  });
}

test('an RPC for the mesh only, and one that is not there, are unknown', async () => {
  for (const open of Object.values(transports)) {
    const error = await rejection(createClient(DirectoryService, open(edge)).batchGetContacts({}, { headers }));
    assert.equal(error.code, Code.Unimplemented);
    assert.equal(reasonOf(error), 'NO_SUCH_RPC');
  }
});

test('bytes that nobody can read are the sender’s fault, over every protocol and in a stream too', async () => {
  const garbage = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  const sent = async (path: string, contentType: string, body: Uint8Array) => {
    const answer = await fetch(`${edge.gateway.url}${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': contentType },
      body,
    });
    return answer.text();
  };
  const unary = '/kreki.emergency.v1.EmergencyService/Get';
  assert.match(await sent(unary, 'application/proto', garbage), /invalid_argument.*UNREADABLE/s);
  assert.match(await sent(unary, 'application/json', garbage), /invalid_argument/);
  const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, garbage.length]), garbage]);
  assert.match(await sent(unary, 'application/grpc-web+proto', framed), /grpc-status: 3/);
  const compressed = Buffer.from(framed).fill(1, 0, 1);
  assert.match(await sent(unary, 'application/grpc-web+proto', compressed), /grpc-status: 3/);
  for (const stream of ['emergency.v1.EmergencyService/Watch', 'volunteer.v1.VolunteerService/StreamLocations']) {
    const end = await sent(`/kreki.${stream}`, 'application/connect+proto', framed);
    assert.match(end, /invalid_argument.*UNREADABLE/s, stream);
  }
  const query = 'connect=v1&encoding=proto&base64=1&message=';
  for (const message of ['!', garbage.toString('base64url')]) {
    const answer = await fetch(`${edge.gateway.url}${unary}?${query}${message}`, { headers });
    assert.equal(answer.status, 400, message);
  }
});

test('an answer that is worth it is compressed for whoever takes that', async () => {
  const description = 'a'.repeat(1_900);
  const press = async (accepted: string) => {
    const answer = await fetch(`${edge.gateway.url}/kreki.emergency.v1.EmergencyService/TriggerPanic`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'accept-encoding': accepted },
      body: JSON.stringify({ location: { latitude: -6.2, longitude: 106.8 }, description }),
    });
    assert.ok((await answer.text()).includes(description), accepted);
    return { encoding: answer.headers.get('content-encoding'), length: Number(answer.headers.get('content-length')) };
  };
  const gzip = await press('gzip');
  assert.equal(gzip.encoding, 'gzip');
  assert.ok(gzip.length < 500, String(gzip.length));
  assert.equal((await press('br')).encoding, 'br');
  assert.equal((await press('identity')).encoding, null);
  const grpc = createClient(EmergencyService, transports.gRPC?.(edge) ?? assert.fail());
  const encodings: (string | null)[] = [];
  const { emergency } = await grpc.triggerPanic(
    { location: { latitude: -6.2, longitude: 106.8 }, description },
    { headers, onHeader: (answer) => encodings.push(answer.get('grpc-encoding')) },
  );
  assert.equal(emergency?.description, description);
  assert.deepEqual(encodings, ['gzip']);
});

test('who may not make a call that goes on record is told so whatever they send', async () => {
  const garbage = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  const service = '/kreki.auth.v1.UserAdminService';
  const calls: [string, string, string][] = [
    ['POST', `${service}/UpdateUserRole`, 'application/json'],
    ['POST', `${service}/UpdateUserRole`, 'application/proto'],
    ['PUT', `/api/auth/users/${ID}/role`, 'application/json'],
  ];
  for (const [method, path, contentType] of calls) {
    const answer = await fetch(`${edge.gateway.url}${path}`, {
      method,
      headers: { ...headers, 'content-type': contentType },
      body: garbage,
    });
    assert.equal(answer.status, 403, contentType);
    assert.match(await answer.text(), /PERMISSION_REQUIRED/);
  }
});
