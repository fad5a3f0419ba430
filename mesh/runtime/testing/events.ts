import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { EmergencyMovedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import pg from 'pg';
import type { LogLevel } from '../config.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { type Bus, openBus } from '../events/bus.ts';
import { type Consumer, on } from '../events/consumer.ts';
import { event, type OutboxEvent } from '../events/outbox.ts';
import { type Relay, startRelay } from '../events/relay.ts';
import { type RunningConsumer, startConsumer } from '../events/start-consumer.ts';
import { createLogger } from '../log.ts';
import { type TestMesh, testMesh } from './harness.ts';

export const testLog = createLogger('test', (process.env.TEST_LOG_LEVEL ?? 'silent') as LogLevel);

/** One service's half of the runtime below its RPCs: a database with outbox and inbox, and NATS; replicas of it as many as wanted. */
export interface TestEvents {
  readonly mesh: TestMesh;
  readonly database: Database;
  readonly bus: Bus;
  /** Another replica's database and bus. */
  replica(): Promise<{ database: Database; bus: Bus }>;
  relay(parts?: { database: Database; bus: Bus }): Relay;
  consumer(options: Partial<Consumer>, parts?: { database: Database; bus: Bus }): RunningConsumer;
  /** Runs SQL as nobody of the service. */
  sql(text: string): Promise<Record<string, unknown>[]>;
}

export async function testEvents(t: TestContext, options: { nats?: boolean } = {}): Promise<TestEvents> {
  const mesh = await testMesh('events');
  t.after(() => mesh.stop());
  if (options.nats === false) await mesh.nats.kill();
  const tables = ['schema.sql', 'attempts.sql'].map((file) => new URL(`../events/${file}`, import.meta.url));
  const migrations = migrationsWith(t, ...tables);
  const replica = async () => {
    const database = await openDatabase(mesh.databaseUrl, { log: testLog, name: 'test', migrations });
    mesh.onStop(() => database.stop());
    const bus = openBus(mesh.nats.url, { name: 'test', log: testLog });
    mesh.onStop(() => bus.stop());
    return { database, bus };
  };
  const own = await replica();
  const admin = new pg.Pool({ connectionString: mesh.databaseUrl, max: 1, application_name: 'admin' });
  admin.on('error', () => undefined);
  mesh.onStop(() => admin.end());
  return {
    mesh,
    ...own,
    replica,
    relay(parts = own) {
      const relay = startRelay({ ...parts, domain: 'emergency', log: testLog });
      mesh.onStop(() => relay.stop());
      return relay;
    },
    consumer(consumer, parts = own) {
      const running = startConsumer(
        { from: 'emergency', durable: 'test-moves', handle: [], ...consumer },
        {
          ...parts,
          log: testLog,
        },
      );
      mesh.onStop(() => running.stop());
      return running;
    },
    sql: async (text) => (await admin.query(text)).rows,
  };
}

/** A folder with a migration of each file. */
export function migrationsWith(t: TestContext, ...files: URL[]): URL {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-migrations-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [index, file] of files.entries()) {
    const own = join(folder, `2026112100000${index}_step`);
    mkdirSync(own);
    copyFileSync(file, join(own, 'migration.sql'));
  }
  return pathToFileURL(folder);
}

/** An event that carries a number. */
export const moved = (aggregateId: string, number: number): OutboxEvent =>
  event(EmergencyMovedSchema, { emergencyId: aggregateId, moveTime: { seconds: BigInt(number) } }, aggregateId);

/** Collects what events of `moved` say, in the order in which they are handled. */
export function collectMoves(before: (aggregateId: string, number: number) => unknown = () => undefined) {
  const seen: { aggregateId: string; number: number }[] = [];
  const handler = on(EmergencyMovedSchema, async (message, { aggregateId }) => {
    const number = Number(message.moveTime?.seconds);
    await before(aggregateId, number);
    seen.push({ aggregateId, number });
  });
  return {
    handler,
    seen,
    /** Numbers of an aggregate. */
    of: (aggregateId: string) => seen.filter((each) => each.aggregateId === aggregateId).map(({ number }) => number),
  };
}

/** Waits until something holds. */
export async function until(holds: () => unknown, what: string, patienceMs = 20_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await sleep(10);
  }
}

/** 1, 2, … up to a count. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
