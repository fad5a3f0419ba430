import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { services } from '../../topology.ts';
import { repository } from '../folders.ts';

const sql = (file: string) => readFileSync(join(repository, file), 'utf8').trim();
const tables = sql('mesh/runtime/events/schema.sql');
const attempts = sql('mesh/runtime/events/attempts.sql');
const record = sql('mesh/runtime/audit/schema.sql');

for (const [name, { publishes, consumes }] of Object.entries(services)) {
  if (!publishes && consumes.length === 0) continue;
  test(`the first migration of ${name} has the tables of outbox and inbox, word for word`, () => {
    const [first] = globSync(`services/${name}/prisma/migrations/*/migration.sql`, { cwd: repository }).sort();
    assert.ok(first, 'it has a migration');
    assert.ok(sql(first).includes(tables));
  });
}

for (const [name, { consumes }] of Object.entries(services)) {
  if (consumes.length === 0) continue;
  test(`one migration of ${name} has the table of attempts, word for word`, () => {
    const migrations = globSync(`services/${name}/prisma/migrations/*/migration.sql`, { cwd: repository });
    assert.equal(migrations.filter((file) => sql(file).includes(attempts)).length, 1);
  });
}

for (const [name, { serves }] of Object.entries(services)) {
  if (!serves.some((typeName) => typeName.endsWith('AuditService'))) continue;
  test(`one migration of ${name} has the audit log, word for word`, () => {
    const migrations = globSync(`services/${name}/prisma/migrations/*/migration.sql`, { cwd: repository });
    assert.equal(migrations.filter((file) => sql(file).includes(record)).length, 1);
  });
}
