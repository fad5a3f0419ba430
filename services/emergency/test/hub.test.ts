import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { EmergencyStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { createLogger } from '@kreki/runtime/log';
import type { EmergencyState } from '../store/emergencies.ts';
import { WatchHub } from '../watch/hub.ts';

const ID = '0199c0de-0000-7000-8000-000000000001';
const OTHER = '0199c0de-0000-7000-8000-000000000002';

const state = (version: number, id = ID, status = EmergencyStatus.PENDING) =>
  ({ id, version, status }) as Partial<EmergencyState> as EmergencyState;

/** A hub over rows that are what is committed, and the statements that read them. */
function hub() {
  const rows = new Map<string, EmergencyState>();
  const statements: (readonly string[])[] = [];
  const failing: Error[] = [];
  const watch = new WatchHub({
    load: async (ids) => {
      statements.push(ids);
      await turn();
      const failure = failing.shift();
      if (failure) throw failure;
      return ids.flatMap((id) => rows.get(id) ?? []);
    },
    changed: async (versions) =>
      [...versions].filter(([id, version]) => (rows.get(id)?.version ?? 0) > version).map(([id]) => id),
    watchersMax: 200,
    log: createLogger('hub', 'silent'),
  });
  const open = () => watch.watch(ID, new AbortController().signal);
  return { rows, statements, failing, watch, open };
}

const versionOf = async (watcher: AsyncIterator<EmergencyState | undefined>) => (await watcher.next()).value?.version;

test('those who come together are read for in one statement, each once', async () => {
  const { rows, statements, watch, open } = hub();
  rows.set(ID, state(3)).set(OTHER, state(7, OTHER));
  const watchers = [open(), open(), watch.watch(OTHER, new AbortController().signal)];
  assert.deepEqual(await Promise.all(watchers.map(versionOf)), [3, 3, 7]);
  assert.deepEqual(statements, [[ID, OTHER]]);
});

test('what is committed while somebody begins to watch is not missed, and an older state never follows', async () => {
  const { rows, watch, open } = hub();
  rows.set(ID, state(1));
  const watcher = open();
  await Promise.resolve();
  watch.publish(state(2));
  assert.equal(await versionOf(watcher), 2);
  rows.set(ID, state(3));
  watch.refresh(ID);
  assert.equal(await versionOf(watcher), 3);
});

test('an event of a change that was shown already is not read for, another one is', async () => {
  const { rows, statements, watch, open } = hub();
  rows.set(ID, state(1));
  const watcher = open();
  await versionOf(watcher);
  watch.publish(state(2), ['own']);
  assert.equal(await versionOf(watcher), 2);
  watch.heard('own', ID);
  await turn();
  assert.equal(statements.length, 1);
  rows.set(ID, state(3));
  watch.heard('of another replica', ID);
  assert.equal(await versionOf(watcher), 3);
});

test('a reader who takes nothing holds the last 64 states and no more', async () => {
  const { rows, watch, open } = hub();
  rows.set(ID, state(1));
  const watcher = open();
  await versionOf(watcher);
  for (let version = 2; version <= 1_001; version++) watch.publish(state(version));
  watch.publish(state(1_002, ID, EmergencyStatus.COMPLETED));
  const versions: number[] = [];
  for await (const shown of watcher) versions.push(shown?.version ?? 0);
  assert.deepEqual(
    versions,
    Array.from({ length: 64 }, (_, index) => 939 + index),
  );
});

test('an emergency that does not exist is said once, and nobody watches it any more', async () => {
  const { statements, watch, open } = hub();
  const seen: unknown[] = [];
  for await (const shown of open()) seen.push(shown);
  assert.deepEqual(seen, [undefined]);
  watch.refresh(ID);
  await turn();
  assert.equal(statements.length, 1);
});

test('who begins to watch while nothing can be read is told so, and who watches already goes on', async () => {
  const { rows, failing, watch, open } = hub();
  rows.set(ID, state(1));
  const first = open();
  await versionOf(first);
  failing.push(new Error('no database'));
  const second = open();
  await assert.rejects(second.next(), /no database/);
  watch.publish(state(2));
  assert.equal(await versionOf(first), 2);
});

test('a call that ends wakes who waits and frees its place', async () => {
  const { rows, statements, watch } = hub();
  rows.set(ID, state(1));
  const call = new AbortController();
  const watcher = watch.watch(ID, call.signal);
  await versionOf(watcher);
  const waiting = watcher.next();
  call.abort();
  assert.equal((await waiting).done, true);
  watch.refresh(ID);
  await turn();
  assert.equal(statements.length, 1);
});
