/** A consuming process that is gone in an instant when it handles a number below zero; of every other it keeps a row. */
import { EmergencyMovedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { openDatabase } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import { openBus } from '../events/bus.ts';
import { on } from '../events/consumer.ts';
import { startConsumer } from '../events/start-consumer.ts';
import { createLogger } from '../log.ts';

const [databaseUrl = '', natsUrl = '', maxAttempts = ''] = process.argv.slice(2);
const log = createLogger('test', 'silent');
const database = await openDatabase(databaseUrl, { log, name: 'test' });
const bus = openBus(natsUrl, { name: 'test', log });
const KEEP = prepared('keep', 'INSERT INTO effects (number) VALUES ($1)');

startConsumer(
  {
    from: 'emergency',
    durable: 'test-moves',
    maxAttempts: Number(maxAttempts),
    handle: [
      on(EmergencyMovedSchema, async ({ moveTime }, { tx }) => {
        const number = Number(moveTime?.seconds);
        if (number < 0) process.kill(process.pid, 'SIGKILL');
        await tx.query(KEEP, [number]);
      }),
    ],
  },
  { bus, database, log },
);
