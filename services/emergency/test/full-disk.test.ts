import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ConnectError } from '@connectrpc/connect';
import { reasonOf } from '@kreki/runtime/errors';
import pg from 'pg';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { until } from './until.ts';
import { type World, world } from './world.ts';

let w: World;
let disk: SmallDisk | string;
before(async () => {
  w = await world('full_disk');
  disk = await mountSmallDisk(w.pool);
});
after(async () => {
  await w?.mesh.stop();
  if (typeof disk !== 'object') return;
  const server = new URL(w.mesh.databaseUrl);
  server.pathname = '/postgres';
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  await client.query(`DROP TABLESPACE ${disk.tablespace}`).finally(() => client.end());
  await disk.remove();
});

test('a press that finds the disk full is refused as such, those acknowledged are served, and room is all it takes', async (t) => {
  if (typeof disk === 'string') return t.skip(disk);
  await w.pool.query(`ALTER TABLE emergencies SET TABLESPACE ${disk.tablespace}`);
  const acknowledged: string[] = [];
  const press = async () => {
    const { id } = await w.press();
    acknowledged.push(id);
  };
  await press();

  disk.fill();
  // Pages that are there already have room for some.
  const refused = await until(() =>
    press().then(
      () => false as const,
      (error: unknown) => ConnectError.from(error),
    ),
  );
  assert.equal(reasonOf(refused), 'DATABASE_UNAVAILABLE');
  assert.match(refused.message, /no space/);
  for (const id of acknowledged) assert.equal((await w.look(id)).id, id);

  disk.free();
  await press();
  w.around.place([40, 80, 120]);
  for (const id of acknowledged) await until(async () => (await w.asked(id)).length > 0, 30_000);
});
