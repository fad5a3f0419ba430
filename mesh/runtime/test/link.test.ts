import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPEN } from '../testing/link/condition.ts';
import { Link } from '../testing/link/link.ts';

/** A server that answers each line with itself, and a link to it. */
async function linked(use: (link: Link, port: number, sockets: Set<Socket>) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link = new Link(0, (server.address() as AddressInfo).port);
  await link.start();
  try {
    await use(link, link.port, sockets);
  } finally {
    await link.stop();
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

async function client(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => (text += chunk));
  await once(socket, 'connect');
  return { socket, received: () => text };
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 5_000; waited += 10) {
    if (holds()) return;
    await sleep(10);
  }
  assert.fail('did not happen within 5 s');
}

test('an open link carries bytes both ways, and the end of either side', () =>
  linked(async (link, port, sockets) => {
    const { socket, received } = await client(port);
    socket.write('one');
    await until(() => received() === 'one');
    assert.deepEqual(link.state(), { connections: 1, dangling: 0, forgotten: 0 });
    socket.end();
    await until(() => sockets.size === 0);
    await until(() => link.state().connections === 0 && link.state().dangling === 0);
  }));

test('a slow link carries everything in order, later', () =>
  linked(async (link, port) => {
    const { socket, received } = await client(port);
    await link.set({ kind: 'slow', latencyMs: 100, jitterMs: 50 });
    const before = performance.now();
    for (const word of ['a', 'b', 'c', 'd']) {
      socket.write(word);
      await sleep(5);
    }
    await until(() => received().length === 4);
    assert.equal(received(), 'abcd');
    assert.ok(performance.now() - before >= 200, 'there and back');
  }));

test('a refused link resets its connections and refuses new ones until it is open again', () =>
  linked(async (link, port) => {
    const { socket } = await client(port);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await link.set({ kind: 'refused' });
    await closed;
    const refused = connect(port, '127.0.0.1');
    const [error] = await once(refused, 'error');
    assert.equal(error.code, 'ECONNREFUSED');
    await link.set(OPEN);
    const again = await client(port);
    again.socket.write('back');
    await until(() => again.received() === 'back');
    again.socket.destroy();
  }));

test('a silent link tells nobody anything, and gives what was sent once it ends', () =>
  linked(async (link, port, sockets) => {
    const { socket, received } = await client(port);
    socket.write('x');
    await until(() => received() === 'x');
    await link.set({ kind: 'silent', direction: 'both' });
    socket.write('y');
    const late = await client(port);
    late.socket.write('z');
    await sleep(150);
    assert.equal(received(), 'x');
    assert.equal(sockets.size, 1);
    await link.set(OPEN);
    await until(() => received() === 'xy' && late.received() === 'z');
    for (const each of [socket, late.socket]) each.destroy();
  }));

test('a link silent on the way back lets requests take effect and loses their answers', () =>
  linked(async (link, port, sockets) => {
    const { socket, received } = await client(port);
    socket.write('x');
    await until(() => received() === 'x');
    await link.set({ kind: 'silent', direction: 'back' });
    const [served] = sockets;
    const arrived = once(served as Socket, 'data');
    socket.write('y');
    assert.equal(String((await arrived)[0]), 'y');
    await sleep(100);
    assert.equal(received(), 'x');
    socket.destroy();
  }));

test('a forgotten connection is open for its client and gone for its server; a new one works', () =>
  linked(async (link, port, sockets) => {
    const { socket, received } = await client(port);
    socket.write('x');
    await until(() => received() === 'x');
    link.forget();
    await until(() => sockets.size === 0);
    socket.write('y');
    await sleep(100);
    assert.equal(socket.destroyed, false);
    assert.deepEqual(link.state(), { connections: 0, dangling: 0, forgotten: 1 });
    const fresh = await client(port);
    fresh.socket.write('z');
    await until(() => fresh.received() === 'z');
    for (const each of [socket, fresh.socket]) each.destroy();
    await until(() => link.state().forgotten === 0);
  }));

test('a link is cut at once, even while somebody does not read', () =>
  linked(async (link, port) => {
    const { socket } = await client(port);
    socket.pause();
    const chunk = Buffer.alloc(1_000_000);
    for (let sent = 0; sent < 20; sent++) socket.write(chunk);
    await sleep(200);
    await link.set({ kind: 'refused' });
    await until(() => link.state().connections + link.state().dangling === 0);
    socket.destroy();
  }));
