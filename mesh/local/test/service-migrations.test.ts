import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { services } from '../../topology.ts';
import { repository } from '../folders.ts';

const tables = readFileSync(join(repository, 'mesh/runtime/events/schema.sql'), 'utf8').trim();

for (const [name, { publishes, consumes }] of Object.entries(services)) {
  if (!publishes && consumes.length === 0) continue;
  test(`the first migration of ${name} has the tables of outbox and inbox, word for word`, () => {
    const [first] = globSync(`services/${name}/prisma/migrations/*/migration.sql`, { cwd: repository }).sort();
    assert.ok(first, 'it has a migration');
    assert.ok(readFileSync(join(repository, first), 'utf8').includes(tables));
  });
}
