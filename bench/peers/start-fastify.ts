import { startSpeakingChild } from '../child.ts';
import { pressDatabase } from '../floors/press.ts';
import { CONNECTIONS } from '../workloads/panic.ts';
import { jwksUrl, type StartPeer } from './peer.ts';

/** Its queue, apart from what the mesh keeps. */
const REDIS_DATABASE = '/9';

/** Fastify with Prisma, and BullMQ on the mesh's own Redis. */
export const startFastify: StartPeer = async (own) => {
  const databaseUrl = await pressDatabase(own.urls.postgres, 'bench_fastify');
  const redis = new URL(own.urls.redis);
  redis.pathname = REDIS_DATABASE;
  const app = await startSpeakingChild<{ url: string }>('peers/dist/fastify/main.js', [], {
    env: {
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      DATABASE_CONNECTIONS: String(CONNECTIONS),
      REDIS_URL: redis.href,
      JWKS_URL: jwksUrl(own),
    },
  });
  return {
    url: app.said.url,
    databaseUrl,
    processes: () =>
      new Map([
        ['fastify', app.pid],
        ['redis', own.processes().get('redis') ?? 0],
      ]),
    takeEvents: () => app.ask<number>({ take: 'events' }),
    stop: app.stop,
  };
};
