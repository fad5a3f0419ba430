import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createClient } from '@connectrpc/connect';
import { Health } from '@kreki/gen/grpc/health/v1/health_pb.js';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { bearer, Code, clientOf, rejection, rest, transports } from './clients.ts';
import { ID, LONG_ID } from './fixture.ts';
import { startEdge, type TestEdge } from './harness.ts';

let edge: TestEdge;
let token: string;
let bearing: string;
before(async () => {
  // No limit on calls: what is tried here is what else holds an attacker off.
  const unlimited = { RATE_LIMIT_PER_IP: '1000000', RATE_LIMIT_PER_USER: '1000000' };
  edge = await startEdge({ HEAD_TIMEOUT: '300ms', BODY_TIMEOUT: '500ms', IDLE_TIMEOUT: '400ms', ...unlimited });
  token = await edge.identity.tokenFor({ permissions: ['emergencies:create', 'volunteers:update'] });
  bearing = `authorization: Bearer ${token}`;
});
after(() => edge.stop());

const LIVES = 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
const ONE_MEGABYTE = 1_048_576;

function open(): Socket {
  const { port } = new URL(edge.gateway.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  return socket;
}

/** What comes back for bytes as they are, until the edge ends the connection; a reset takes away what was not read yet. */
async function raw(bytes: string): Promise<string> {
  const socket = open();
  socket.write(bytes);
  return read(socket);
}

async function read(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

const request = (line: string, ...headers: string[]) =>
  raw([`${line} HTTP/1.1`, 'host: x', 'connection: close', ...headers, '', ''].join('\r\n'));

test('a path is taken as it is: none is made plain, and none reaches a service by another name', async () => {
  const calls = edge.upstream.received.length;
  const paths = [
    ...['//api/auth/me', '/api//auth/me', '/./api/auth/me', '/api/x/../auth/me', '/api/auth/me/', '/api/auth/me/.'],
    ...['/api%2fauth/me', '/api/auth%2Fme', '/api/auth/m%65', '/API/auth/me', '/api/auth/me;a=b', '/api/auth/me%00'],
    ...['/api/auth/me%3f', '/x/..%2fapi/auth/me', 'http://x/api/auth/me', '/kreki.auth.v1.AuthService//GetMe'],
  ];
  for (const path of paths) assert.match(await request(`GET ${path}`, bearing), /^HTTP\/1\.1 40[04] /, path);
  assert.match(await request(`GET /api/emergency/${ID}%2fwatch`, bearing), /^HTTP\/1\.1 400 .*id: /s);
  assert.equal(edge.upstream.received.length, calls);
  assert.match(await request('GET /api/auth/me', bearing), /^HTTP\/1\.1 200 /);
});

test('a header changes no method, and none says who calls', async () => {
  const overrides = ['x-http-method-override', 'x-method-override', 'x-http-method'].map((name) => `${name}: DELETE`);
  const path = `/api/auth/sessions/${ID}`;
  assert.match(await request(`POST ${path}?_method=DELETE`, bearing, ...overrides), /^HTTP\/1\.1 405 /);
  const inner = ['x-kreki-caller: emergency', 'X_Kreki_Caller: emergency', 'l5d-client-id: emergency.kreki'];
  assert.match(await request('GET /api/auth/me', ...inner), /^HTTP\/1\.1 401 /);
  const session = http2.connect(edge.gateway.h2cUrl);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/kreki.auth.v1.AuthService/GetMe',
    'content-type': 'application/grpc',
    'x-kreki-caller': 'emergency',
    'l5d-client-id': 'emergency.kreki',
  });
  stream.end(Buffer.alloc(5));
  const [trailers] = await once(stream.resume(), 'trailers');
  assert.equal(trailers['grpc-status'], '16');
  session.destroy();
});

test('of two tokens neither is taken, over either version of HTTP', async () => {
  for (const other of ['Bearer x', `Bearer ${token}`]) {
    for (const pair of [
      [bearing, `Authorization: ${other}`],
      [`authorization: ${other}`, bearing],
    ]) {
      assert.match(await request('GET /api/auth/me', ...pair), /^HTTP\/1\.1 401 .*TOKEN_INVALID/s);
    }
  }
  const session = http2.connect(edge.gateway.h2cUrl, { strictSingleValueFields: false } as object);
  const headers = [':path', '/api/auth/me', 'authorization', `Bearer ${token}`, 'authorization', 'Bearer x'];
  const stream = session.request(headers as unknown as http2.OutgoingHttpHeaders);
  const [answer] = await once(stream, 'response');
  assert.equal(answer[':status'], 401);
  session.destroy();
});

test('a head that is too large is refused, and so is one that does not come', async () => {
  const refused = /^(HTTP\/1\.1 431 |$)/;
  assert.match(await request('GET /api/auth/me', `x-large: ${'x'.repeat(20_000)}`), refused);
  assert.match(await request(`GET /api/auth/me?${'x'.repeat(20_000)}`), refused);
  const many = Array.from({ length: 3_000 }, (_, index) => `x-${index}: y`);
  assert.match(await request('GET /api/auth/me', ...many), /^(HTTP\/1\.1 (431|401) |$)/);
  const slow = open();
  slow.write('GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ');
  const drip = setInterval(() => slow.write('a'), 50);
  const answer = await read(slow);
  clearInterval(drip);
  assert.match(answer, /^(HTTP\/1\.1 408 |$)/);
  assert.match(await raw(LIVES), /^HTTP\/1\.1 200 /);
});

test('an error is short, however much nonsense it answers: nobody’s connection ends with it', async () => {
  const huge = 'x'.repeat(300_000);
  for (const [name, open] of Object.entries(transports)) {
    const error = await rejection(createClient(Health, open(edge)).check({ service: huge }));
    assert.equal(error.code, Code.NotFound, name);
    assert.ok(error.rawMessage.length < 3_000, name);
  }
  const session = http2.connect(edge.gateway.h2cUrl);
  const call = (headers: http2.OutgoingHttpHeaders, body: Buffer) => {
    const stream = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', ...headers });
    stream.end(Buffer.concat([Buffer.from([0]), Buffer.from(new Uint32Array([body.length]).buffer).swap32(), body]));
    return once(stream.resume(), 'trailers');
  };
  const json = Buffer.from(`{"service": ["${huge}"]}`);
  const [unreadable] = await call({ 'content-type': 'application/grpc+json' }, json);
  assert.equal(unreadable['grpc-status'], '3');
  await call({ 'content-type': 'application/grpc', 'grpc-timeout': 'é'.repeat(10_000) }, Buffer.alloc(0));
  assert.equal(session.destroyed, false);
  session.destroy();
});

test('calls go on beside one whose head is as large as heads may be', async () => {
  for (const length of [60_000, 64_000, 65_200]) {
    const session = http2.connect(edge.gateway.h2cUrl);
    const headers = { ':method': 'POST', ':path': '/webhooks/whatsapp', 'x-hub-signature-256': '~'.repeat(length) };
    const stream = session.request(headers);
    stream.on('error', () => undefined);
    const beside = clientOf(edge, AuthService).getMe({}, { headers: bearer(token) });
    stream.end('{}');
    await once(stream.resume(), 'close');
    await beside;
    assert.match(await request('GET /api/auth/me', bearing), /^HTTP\/1\.1 200 /);
    session.destroy();
  }
});

test('a head that is read in two ways is refused', async () => {
  const body = 'POST /api/auth/login';
  const json = 'content-type: application/json';
  assert.match(await request(body, json, 'content-length: 2', 'transfer-encoding: chunked'), /^HTTP\/1\.1 400 /);
  assert.match(await request(body, json, 'content-length: 2', 'content-length: 3'), /^HTTP\/1\.1 400 /);
  assert.match(await request(body, json, 'content-length: +2'), /^HTTP\/1\.1 400 /);
  assert.match(await request(body, json, 'transfer-encoding: xchunked'), /^HTTP\/1\.1 400 /);
  assert.match(await request('GET /api/auth/me', `${bearing}\nx-injected: y`), /^HTTP\/1\.1 40[01] /);
  assert.match(await request('GET /api/auth/me', 'x : y', bearing), /^HTTP\/1\.1 400 /);
});

test('a body that trickles in is waited for no longer than it may take, over either version of HTTP', async () => {
  const head = [bearing, 'content-type: application/json', 'content-length: 100'].join('\r\n');
  for (const path of ['/api/emergency/panic', '/kreki.emergency.v1.EmergencyService/TriggerPanic']) {
    const slow = open();
    slow.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n{`);
    const drip = setInterval(() => slow.write(' '), 100);
    const answer = await read(slow);
    clearInterval(drip);
    assert.match(answer, /^HTTP\/1\.1 (408|504) .*BODY_TIMEOUT/s, path);
  }
  const session = http2.connect(edge.gateway.h2cUrl);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/kreki.auth.v1.AuthService/GetMe',
    'content-type': 'application/grpc',
    ...bearer(token),
  });
  stream.write(Buffer.alloc(3));
  const [trailers] = await once(stream.resume(), 'trailers');
  assert.equal(trailers['grpc-status'], '4');
  session.destroy();
});

test('a connection on which nothing happens ends', async () => {
  const session = http2.connect(edge.gateway.h2cUrl);
  await once(session, 'connect');
  await once(session, 'close');
  const idle = open();
  idle.write('PRI');
  assert.match(await read(idle), /^(HTTP\/1\.1 4|$)/);
});

test('what is far larger unpacked than sent is refused in every protocol before it is unpacked whole', async () => {
  const bomb = gzipSync(Buffer.alloc(200 * ONE_MEGABYTE, ' '));
  assert.ok(bomb.length < ONE_MEGABYTE);
  const path = '/kreki.emergency.v1.EmergencyService/TriggerPanic';
  const framed = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), bomb]);
  framed.writeUInt32BE(bomb.length, 1);
  const send = (body: Uint8Array, headers: Record<string, string>) =>
    fetch(`${edge.gateway.url}${path}`, { method: 'POST', headers: { ...bearer(token), ...headers }, body });
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  for (let i = 0; i < 5; i++) {
    const unary = await send(bomb, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    assert.equal(unary.status, 429);
    assert.match(await unary.text(), /resource_exhausted/);
    const web = await send(framed, { 'content-type': 'application/grpc-web+proto', 'grpc-encoding': 'gzip' });
    assert.match(await web.text(), /grpc-status: 8/);
  }
  const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before;
  assert.ok(grown < 100 * ONE_MEGABYTE, `${grown} bytes`);
  const broken = await send(bomb.subarray(0, 50), { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  assert.equal(broken.status, 400);
  const restful = await rest(edge, 'POST', '/api/emergency/panic', {
    token,
    body: 'x',
    headers: { 'content-encoding': 'gzip' },
  });
  assert.equal(restful.status, 415);
  assert.equal(restful.reason, 'UNKNOWN_ENCODING');
});

test('a message that is too large is refused in every protocol, announced or not', async () => {
  const path = '/kreki.emergency.v1.EmergencyService/TriggerPanic';
  const large = Buffer.alloc(2 * ONE_MEGABYTE, ' ');
  const announced = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]);
  const sent: [string, Uint8Array | ReadableStream, RegExp][] = [
    ['application/json', large, /resource_exhausted/],
    ['application/proto', large, /resource_exhausted/],
    ['application/proto', new Blob([large]).stream(), /resource_exhausted/],
    ['application/grpc-web+proto', announced, /grpc-status: 8/],
  ];
  for (const [type, body, expected] of sent) {
    const headers = { ...bearer(token), 'content-type': type };
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    assert.match(await (await fetch(`${edge.gateway.url}${path}`, init)).text(), expected, type);
  }
});

test('a connection goes on after a request that was refused unread', async () => {
  const path = '/kreki.emergency.v1.EmergencyService/TriggerPanic';
  const large = Buffer.alloc(3 * ONE_MEGABYTE, ' ');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const send = async (target: string, type: string, body: Buffer | string) => {
    const headers = { ...bearer(token), 'content-type': type, 'transfer-encoding': 'chunked' };
    const sent = http.request(`${edge.gateway.url}${target}`, { agent, method: 'POST', headers });
    sent.end(body);
    const [answer] = await once(sent, 'response');
    await once(answer.resume(), 'end');
    return answer.statusCode;
  };
  assert.equal(await send(path, 'application/json', large), 429);
  assert.equal(await send(path, 'application/grpc-web+proto', Buffer.concat([Buffer.alloc(5, 0x7f), large])), 200);
  assert.equal(await send('/api/emergency/panic', 'application/json', large), 413);
  assert.equal(await send('/api/nothing', 'application/json', large), 404);
  assert.equal(await send(path, 'application/json', '{}'), 400);
  agent.destroy();

  const session = http2.connect(edge.gateway.h2cUrl);
  const call = { ':method': 'POST', ':path': '/kreki.auth.v1.AuthService/GetMe', 'content-type': 'application/grpc' };
  for (let i = 0; i < 10; i++) {
    const refused = session.request(call);
    refused.on('error', () => undefined);
    refused.end(large.subarray(0, 200_000));
    const [trailers] = await once(refused.resume(), 'trailers');
    assert.equal(trailers['grpc-status'], '16');
  }
  const last = session.request({ ...call, ...bearer(token) });
  last.end(Buffer.alloc(5));
  const [trailers] = await once(last.resume(), 'trailers');
  assert.equal(trailers['grpc-status'], '0');
  session.destroy();
});

test('keys that mean something to JavaScript are keys like any other', async () => {
  const location = '{"latitude":-6.2,"longitude":106.8}';
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    for (const body of [`{"location":${location},"${key}":{"polluted":true}}`, `{"location":{"${key}":{"x":1}}}`]) {
      const answer = await rest(edge, 'POST', '/api/emergency/panic', { token, body });
      assert.equal(answer.status, 400, body);
      assert.equal(answer.reason, 'UNKNOWN_FIELD', body);
    }
    const query = await rest(edge, 'GET', `/api/emergency/active?${key}=1&${key}.x=2`, { token });
    assert.equal(query.reason, 'UNKNOWN_PARAMETER', key);
  }
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test('streams that are opened and reset at once end their connection, and nobody else’s', async () => {
  const session = http2.connect(edge.gateway.h2cUrl);
  session.on('error', () => undefined);
  const closed = new Promise((resolve) => session.once('close', resolve));
  for (let i = 0; i < 5_000 && !session.destroyed; i++) {
    const stream = session.request({ ':path': `/api/emergency/${LONG_ID}/watch`, ...bearer(token) });
    stream.on('error', () => undefined);
    stream.close(http2.constants.NGHTTP2_CANCEL);
    if (i % 100 === 0) await sleep(1);
  }
  await closed;
  assert.equal((await rest(edge, 'GET', '/api/auth/me', { token })).status, 200);
  for (let i = 0; i < 1_500 && edge.upstream.watches.open > 0; i++) await sleep(20);
  assert.equal(edge.upstream.watches.open, 0, 'no stream is left at its source');
});

test('one connection has no more streams open than the edge allows', async () => {
  const session = http2.connect(edge.gateway.h2cUrl);
  await once(session, 'remoteSettings');
  assert.equal(session.remoteSettings.maxConcurrentStreams, 1_000);
  session.destroy();
});

test('answers that are left half sent cost nobody else the connection, however many', async () => {
  const session = http2.connect(edge.gateway.h2cUrl);
  for (let i = 0; i < 200; i++) {
    const left = session.request({ ':path': '/openapi.json' });
    left.on('error', () => undefined);
    await once(left, 'response');
    left.close(http2.constants.NGHTTP2_CANCEL);
    await once(left, 'close');
  }
  const next = session.request({ ':path': '/api/auth/me', ...bearer(token) });
  const [headers] = await once(next.resume(), 'response');
  assert.equal(headers[':status'], 200);
  session.destroy();
});
