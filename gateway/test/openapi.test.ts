import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openApiDocument } from '../openapi/document.ts';
import { loadRegistry, type Registry } from '../registry.ts';
import { routesOf } from '../rest/routes.ts';

type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json } & Iterable<Json>;

let registry: Registry;
let openapi: Json;
before(async () => {
  registry = await loadRegistry();
  openapi = JSON.parse(JSON.stringify(openApiDocument(registry)));
});

test('every REST route of every contract is in the document, with its access', () => {
  for (const { path, httpMethod, target } of routesOf(registry.methods)) {
    const operation = openapi.paths?.[path]?.[httpMethod.toLowerCase()];
    assert.equal(operation?.['x-kreki-rpc'], target.name, path);
    assert.ok(operation?.['x-kreki-access'], path);
  }
});

test('every reference leads somewhere, and every operation has a name of its own', () => {
  const names = new Set<unknown>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref')
        assert.ok(openapi.components?.schemas?.[String(inner).split('/').at(-1) ?? ''], String(inner));
      if (key === 'operationId') {
        assert.ok(!names.has(inner), String(inner));
        names.add(inner);
      }
      walk(inner);
    }
  };
  walk(openapi);
  assert.ok(names.size > 30);
});

test('every operation, parameter and field says what it is', () => {
  const silent: string[] = [];
  for (const [path, methods] of Object.entries(openapi.paths ?? {})) {
    for (const operation of Object.values(methods)) if (!operation.description) silent.push(path);
  }
  for (const [name, schema] of Object.entries(openapi.components?.schemas ?? {})) {
    if (!name.startsWith('kreki.')) continue;
    if (!schema.description) silent.push(name);
    for (const [field, inner] of Object.entries(schema.properties ?? {})) {
      if (!inner.description) silent.push(`${name}.${field}`);
    }
  }
  assert.deepEqual(silent, []);
});

test('rules of the contract are rules of the schema', () => {
  const register = openapi.components?.schemas?.['kreki.auth.v1.RegisterRequest'];
  assert.deepEqual(register?.required, ['email', 'password', 'fullName']);
  assert.deepEqual(
    { format: register?.properties?.email?.format, minLength: register?.properties?.password?.minLength },
    { format: 'email', minLength: 8 },
  );
  const latitude = openapi.components?.schemas?.['kreki.common.v1.Location']?.properties?.latitude;
  assert.deepEqual([latitude?.minimum, latitude?.maximum], [-90, 90]);
  const read = openapi.components?.schemas?.['kreki.notification.v1.MarkReadRequest']?.properties?.notificationIds;
  assert.deepEqual([read?.minItems, read?.maxItems, read?.items?.format], [1, 100, 'uuid']);
});
