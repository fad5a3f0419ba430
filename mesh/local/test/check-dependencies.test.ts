import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSpecifiers, findViolations } from '../check-dependencies.ts';

const packages = new Map([
  ['@kreki/gen', 'gen'],
  ['@kreki/runtime', 'mesh/runtime'],
  ['@kreki/gateway', 'gateway'],
  ['@kreki/auth', 'services/auth'],
  ['@kreki/simulators', 'mesh/simulators'],
  ['@kreki/issuer', 'mesh/issuer'],
]);
const violates = (file: string, specifier: string) => findViolations([{ file, specifier }], packages).length > 0;

test('a service may import the contracts, the runtime, the topology, itself and packages from outside', () => {
  for (const specifier of [
    '@kreki/gen/kreki/auth/v1/user_pb.js',
    '@kreki/runtime',
    './config.ts',
    'ioredis',
    'node:fs',
    '../../mesh/topology.ts',
  ]) {
    assert.equal(violates('services/auth/main.ts', specifier), false, specifier);
  }
});

test('a service may import neither another service, nor the edge, nor what runs it', () => {
  for (const specifier of ['../auth/store/users.ts', '@kreki/auth', '@kreki/gateway', '@kreki/simulators']) {
    assert.equal(violates('services/volunteer/main.ts', specifier), true, specifier);
  }
});

test('the runtime imports no domain, whichever way it names it', () => {
  assert.equal(violates('mesh/runtime/rpc/server.ts', '../../../services/auth/config.ts'), true);
  assert.equal(violates('mesh/runtime/rpc/server.ts', '../../topology.ts'), true);
  assert.equal(violates('mesh/runtime/rpc/server.ts', '@kreki/gen/kreki/emergency/v1/emergency_pb.js'), true);
  assert.equal(violates('mesh/runtime/rpc/server.ts', '@kreki/gen/kreki/options/v1/options_pb.js'), false);
});

test('a test may use any contract, the simulators and the issuer, but no other service', () => {
  assert.equal(violates('mesh/runtime/test/rpc.test.ts', '@kreki/gen/kreki/emergency/v1/emergency_pb.js'), false);
  assert.equal(violates('services/volunteer/test/world.ts', '@kreki/simulators'), false);
  assert.equal(violates('mesh/runtime/testing/authority.ts', '../../issuer/authority.ts'), false);
  assert.equal(violates('mesh/runtime/identity/mtls.ts', '@kreki/issuer/authority'), true);
  assert.equal(violates('services/volunteer/test/world.ts', '@kreki/auth'), true);
});

test('the gateway imports no service, but the topology', () => {
  assert.equal(violates('gateway/upstreams.ts', '../services/auth/service.ts'), true);
  assert.equal(violates('gateway/upstreams.ts', '../mesh/topology.ts'), false);
});

test('an app reaches the mesh through the edge only', () => {
  assert.equal(violates('apps/help119/main.ts', '@kreki/runtime'), true);
  assert.equal(violates('apps/help119/main.ts', '@kreki/gen'), false);
});

test('every form of import is found, and none in a comment', () => {
  const source = `
    import a from 'a';
    import type { B } from "b";
    import 'c';
    export * from 'd';
    const e = await import('e');
    import {
      f,
    } from 'f';
    // import g from 'g';
    /* import h from 'h'; */
  `;
  assert.deepEqual(findSpecifiers(source), ['a', 'b', 'c', 'd', 'e', 'f']);
});
