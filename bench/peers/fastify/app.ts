import jwt, { type TokenOrHeader } from '@fastify/jwt';
import { Queue } from 'bullmq';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { Redis } from 'ioredis';
import { emergencyRequested, type PanicRequest, PERMISSION, panicAnswer } from '../shared/contract.ts';
import { type Claims, fetchKeys, TOKEN } from '../shared/keys.ts';
import { openPrisma, press } from '../shared/presses.ts';
import { panicSchema } from './schema.ts';

/** Tokens that are remembered once verified, as many as the mesh remembers. */
const TOKENS = 20_000;

export interface AppOptions {
  readonly databaseUrl: string;
  readonly connections: number;
  readonly redisUrl: string;
  readonly jwksUrl: string;
}

const refusal = (statusCode: number, message: string) => Object.assign(new Error(message), { statusCode });

/** As BullMQ advises for who adds jobs while somebody waits: to fail at once while Redis is away. */
export const openQueue = (redisUrl: string) =>
  new Queue('emergency-events', { connection: new Redis(redisUrl, { enableOfflineQueue: false, lazyConnect: true }) });

export async function createApp({ databaseUrl, connections, redisUrl, jwksUrl }: AppOptions): Promise<FastifyInstance> {
  const keys = await fetchKeys(jwksUrl);
  const keyOf = async (_request: FastifyRequest, { header }: TokenOrHeader) => {
    const key = keys.get(header.kid);
    if (!key) throw refusal(401, 'the token is signed with an unknown key');
    return key;
  };
  const prisma = openPrisma(databaseUrl, connections);
  const queue = openQueue(redisUrl);
  await Promise.all([prisma.$connect(), queue.waitUntilReady()]);

  const app = fastify({
    logger: { level: 'warn' },
    // The body is what the contract says or it is refused; nothing in it is changed.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  await app.register(jwt, {
    secret: keyOf,
    decode: { complete: true },
    verify: {
      algorithms: [TOKEN.algorithm],
      allowedIss: TOKEN.issuer,
      allowedAud: TOKEN.audience,
      clockTolerance: TOKEN.clockToleranceSeconds * 1_000,
      cache: TOKENS,
    },
  });
  const signedIn = async (request: FastifyRequest) => {
    const { perms } = await request.jwtVerify<Claims>();
    if (!perms.includes(PERMISSION)) throw refusal(403, `this needs ${PERMISSION}`);
  };
  app.post<{ Body: PanicRequest }>(
    '/api/emergency/panic',
    { onRequest: signedIn, schema: panicSchema },
    async ({ user, body }) => {
      const row = await press(prisma, (user as Claims).sub, body);
      // Of a press that is repeated too: who died before it was added is why somebody presses again, and a job that is there is not added twice.
      await queue.add('EmergencyRequested', emergencyRequested(row), { jobId: row.id });
      return panicAnswer(row);
    },
  );
  app.addHook('onClose', async () => {
    await Promise.all([queue.close(), prisma.$disconnect()]);
  });
  return app;
}
