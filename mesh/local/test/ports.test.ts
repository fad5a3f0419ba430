import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { findFreePort } from '../../runtime/testing/free-port.ts';
import { readPorts, requireFree } from '../ports.ts';

const port = (number: number, variable: string) => ({ number, variable, purpose: variable.toLowerCase() });

test('every wrong port variable is named at once', () => {
  assert.throws(
    () => readPorts({ KREKI_HTTP_PORT: 'x', KREKI_NATS_PORT: '70000' }),
    /KREKI_HTTP_PORT=x.*KREKI_NATS_PORT=70000/,
  );
});

test('a taken port is reported with its holder and the variable that moves it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: number } = server.address() as { port: number };
  await assert.rejects(requireFree([port(number, 'KREKI_HTTP_PORT')]), (error: Error) => {
    assert.match(error.message, new RegExp(`Port ${number} .*taken.*KREKI_HTTP_PORT`));
    return true;
  });
  server.close();
});

test('one port for two purposes is refused', async () => {
  const number = await findFreePort();
  await assert.rejects(requireFree([port(number, 'KREKI_A_PORT'), port(number, 'KREKI_B_PORT')]), /both.*KREKI_B_PORT/);
});

test('free ports are accepted', async () => {
  await requireFree([port(await findFreePort(), 'KREKI_HTTP_PORT')]);
});
