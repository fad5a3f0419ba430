import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { OPEN } from '@kreki/runtime/testing/link/condition';
import { findFreePort } from '../../runtime/testing/free-port.ts';
import { Network } from '../network/network.ts';

test('a network keeps links apart', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = (server.address() as AddressInfo).port;
  const network = new Network();
  const [one, other] = [await findFreePort(), await findFreePort()];
  await network.open({ from: 'a', to: 'c' }, one, target);
  await network.open({ from: 'b', to: 'c' }, other, target);
  await network.set({ from: 'a', to: 'c' }, { kind: 'refused' });
  const socket = connect(other, '127.0.0.1').on('error', () => undefined);
  socket.write('hello');
  assert.equal(String((await once(socket, 'data'))[0]), 'hello');
  assert.deepEqual(await network.states(), {
    'a → c': { connections: 0, dangling: 0, forgotten: 0 },
    'b → c': { connections: 1, dangling: 0, forgotten: 0 },
  });
  await assert.rejects(network.set({ from: 'x', to: 'c' }, OPEN), /no link x → c/);
  socket.destroy();
  await network.stop();
  for (const each of sockets) each.destroy();
  server.close();
});
