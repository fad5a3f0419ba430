/** Outbox, relay and consumer of the runtime, and the bare NATS client beside them, on one NATS server of their own. Drains events when asked. */
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { EmergencyMovedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { openDatabase } from '@kreki/runtime/database/database';
import { openBus } from '@kreki/runtime/events/bus';
import { on } from '@kreki/runtime/events/consumer';
import { createOutbox, event, type OutboxEvent } from '@kreki/runtime/events/outbox';
import { startRelay } from '@kreki/runtime/events/relay';
import { startConsumer } from '@kreki/runtime/events/start-consumer';
import { createLogger } from '@kreki/runtime/log';
import { startNatsServer } from '../../mesh/runtime/testing/nats-server.ts';
import { answerParent } from '../answer-parent.ts';
import { openBare } from './bare.ts';

export interface Drain {
  readonly way: 'outbox' | 'bare';
  readonly events: number;
}

const [databaseUrl = ''] = process.argv.slice(2);
const log = createLogger('emergency', 'warn');
const nats = await startNatsServer();
const folder = mkdtempSync(join(tmpdir(), 'kreki-bench-migrations-'));
for (const [index, file] of ['schema.sql', 'attempts.sql'].entries()) {
  const own = join(folder, `2026112100000${index}_step`);
  mkdirSync(own);
  copyFileSync(new URL(`../../mesh/runtime/events/${file}`, import.meta.url), join(own, 'migration.sql'));
}
const database = await openDatabase(databaseUrl, { log, name: 'bench', migrations: pathToFileURL(folder), max: 12 });
const bus = openBus(nats.urlOf('emergency'), { name: 'emergency', log });
const readers = openBus(nats.url, { name: 'bench', log });
const relay = startRelay({ database, bus, domain: 'emergency', log });
const outbox = createOutbox(relay);
let handled = 0;
const consumer = startConsumer(
  {
    from: 'emergency',
    durable: 'bench-moves',
    handle: [on(EmergencyMovedSchema, async () => undefined)],
    committed: () => {
      handled += 1;
    },
  },
  { bus: readers, database, log },
);
const bare = await openBare(nats.url);

/** How long it took, in seconds. */
answerParent(({ way, events }: Drain) => {
  const some = Array.from({ length: events }, moved);
  return way === 'outbox' ? drainOutbox(some) : bare.drain(some);
});
process.on('SIGTERM', async () => {
  await Promise.all([relay.stop(), consumer.stop(), bare.stop()]);
  await Promise.all([bus.stop(), readers.stop()]);
  await database.stop();
  await nats.stop();
  rmSync(folder, { recursive: true });
  process.exit();
});
process.send?.({ ready: true });

/** From the commit that wrote them to the commit that handled the last. */
async function drainOutbox(events: readonly OutboxEvent[]): Promise<number> {
  const until = handled + events.length;
  await database.transaction((tx) => outbox.append(tx, events));
  const startMs = performance.now();
  outbox.wake();
  while (handled < until) await sleep(2);
  return (performance.now() - startMs) / 1_000;
}

function moved(): OutboxEvent {
  const emergencyId = randomUUID();
  return event(EmergencyMovedSchema, { emergencyId, moveTime: timestampNow() }, emergencyId);
}
