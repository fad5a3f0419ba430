import { join } from 'node:path';
import { startSpeakingChild } from '../child.ts';
import { pressDatabase } from '../floors/press.ts';
import { CONNECTIONS } from '../workloads/panic.ts';
import { jwksUrl, type StartPeer } from './peer.ts';
import { startRabbitMq } from './rabbitmq.ts';

/** A NestJS gateway, RabbitMQ, and a NestJS service with Prisma. */
export const startNest: StartPeer = async (own) => {
  const parts: { stop(): Promise<void> }[] = [];
  const started = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    parts.unshift(part);
    return part;
  };
  const stop = async () => {
    for (const part of parts) await part.stop();
  };
  try {
    const databaseUrl = await pressDatabase(own.urls.postgres, 'bench_nest');
    const rabbitMq = started(await startRabbitMq(join(own.folder, 'rabbitmq')));
    const told = { NODE_ENV: 'production', RABBITMQ_URL: rabbitMq.url };
    const service = started(
      await startSpeakingChild('peers/dist/nest/service/main.js', [], {
        env: { ...told, DATABASE_URL: databaseUrl, DATABASE_CONNECTIONS: String(CONNECTIONS) },
      }),
    );
    const gateway = started(
      await startSpeakingChild<{ url: string }>('peers/dist/nest/gateway/main.js', [], {
        env: { ...told, JWKS_URL: jwksUrl(own) },
      }),
    );
    return {
      url: gateway.said.url,
      databaseUrl,
      processes: () =>
        new Map([
          ['gateway', gateway.pid],
          ['emergency', service.pid],
          ['rabbitmq', rabbitMq.pid],
        ]),
      takeEvents: () => service.ask<number>({ take: 'events' }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
