import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { after, before, test } from 'node:test';
import { Link } from '@kreki/runtime/testing/link/link';
import { startEdge, type TestEdge } from './harness.ts';

const LATENCY_MS = 300;
const REQUESTS = 20;

let edge: TestEdge;
let link: Link;
before(async () => {
  edge = await startEdge({ LEAVE: '10s' });
  link = new Link(0, Number(new URL(edge.gateway.h2cUrl).port));
  await link.start();
  await link.set({ kind: 'slow', latencyMs: LATENCY_MS, jitterMs: 0 });
});
after(async () => {
  await link?.stop();
  await edge?.upstream.stop();
  await edge?.identity.stop();
  edge?.identities.stop();
});

async function statusOf(session: ClientHttp2Session): Promise<number> {
  const stream = session.request({ ':path': '/healthz' });
  const [headers] = await once(stream, 'response');
  stream.resume();
  await once(stream, 'close');
  return headers[':status'];
}

test('requests that were on their way when the edge began to go are answered, and their client is told to go elsewhere', async () => {
  const session = connect(`http://127.0.0.1:${link.port}`);
  assert.equal(await statusOf(session), 200);
  const told = once(session, 'goaway');
  const ended = once(session, 'close');

  const stopped = edge.gateway.stop({ handOver: true });
  const answers = await Promise.all(Array.from({ length: REQUESTS }, () => statusOf(session)));
  assert.deepEqual([...new Set(answers)], [200]);
  await told;
  await ended;
  await stopped;
});
