import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

test('.env.example names every variable that a configuration reads, and no other', () => {
  const sources = [
    ...globSync('{services/*,gateway,mesh/simulators,mesh/issuer,mesh/dashboard}/config.ts'),
    'mesh/runtime/config.ts',
  ];
  const read = new Set(
    sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\(\s*'([A-Z][A-Z0-9_]+)'/g)].map(([, name]) => name),
    ),
  );
  const named = new Set(
    [...readFileSync('.env.example', 'utf8').matchAll(/^# ([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name),
  );
  assert.ok(read.size > 40, `only ${read.size} variables were found`);
  assert.deepEqual(
    [...read].filter((name) => !named.has(name)),
    [],
    'missing in .env.example',
  );
  const elsewhere = /^(KREKI_.*_PORT|[A-Z_]+_URL|OTEL_.*)$/;
  assert.deepEqual(
    [...named].filter((name) => !read.has(name) && !elsewhere.test(name ?? '')),
    [],
    'read by nobody',
  );
});
