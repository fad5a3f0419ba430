/** A REST monolith in as many processes as the mesh has between a phone and the database. */
import cluster, { type Address } from 'node:cluster';
import { once } from 'node:events';
import { readSettings, serving, tellEvents } from '../shared/settings.ts';
import { createApp, openQueue } from './app.ts';

const PROCESSES = 2;

const settings = readSettings('DATABASE_URL', 'DATABASE_CONNECTIONS', 'REDIS_URL', 'JWKS_URL');
const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, JWKS_URL: jwksUrl } = settings;

if (cluster.isPrimary) {
  const workers = Array.from({ length: PROCESSES }, () => cluster.fork());
  cluster.on('exit', () => process.exit(1));
  // All share the port that the first was given.
  const [address] = await Promise.all(workers.map(async (worker) => (await once(worker, 'listening'))[0] as Address));
  const queue = openQueue(redisUrl);
  tellEvents(async () => {
    const events = await queue.getWaitingCount();
    await queue.drain();
    return events;
  });
  serving(`http://127.0.0.1:${address?.port}`);
} else {
  const connections = Number(settings.DATABASE_CONNECTIONS) / PROCESSES;
  const app = await createApp({ databaseUrl, connections, redisUrl, jwksUrl });
  await app.listen({ host: '127.0.0.1', port: 0 });
}
