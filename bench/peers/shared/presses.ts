import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from '../prisma/generated/client.ts';
import { categories, type PanicRequest, severities } from './contract.ts';

/** Statuses up to this one are open. */
const OPEN = 3;
/** An emergency can close between a press that finds it open and the look for it. */
const TRIES = 3;
const PAUSE_MS = 10;
const FIRST_RADIUS_METERS = 500;
const UNIQUE_VIOLATION = 'P2002';

/** No more than what is answered and told: less to send and to parse. */
const SELECT = {
  id: true,
  requesterId: true,
  latitude: true,
  longitude: true,
  accuracyMeters: true,
  severity: true,
  category: true,
  description: true,
  status: true,
  respondersNeeded: true,
  searchRadiusMeters: true,
  receivedAt: true,
  createdAt: true,
  version: true,
} as const;

export type EmergencyRow = Prisma.EmergencyGetPayload<{ select: typeof SELECT }>;

/** One client a process, with a pool of its own and its statements prepared once a connection. */
export function openPrisma(url: string, connections: number): PrismaClient {
  const names = new Map<string, string>();
  const nameOf = (sql: string) => {
    const name = names.get(sql) ?? `prisma_${names.size}`;
    names.set(sql, name);
    return name;
  };
  const pool = { connectionString: url, max: connections };
  return new PrismaClient({ adapter: new PrismaPg(pool, { statementNameGenerator: ({ sql }) => nameOf(sql) }) });
}

/** A new emergency, or the one that the press repeats, moved to where it was pressed now. It is committed when this resolves. */
export async function press(prisma: PrismaClient, requesterId: string, request: PanicRequest): Promise<EmergencyRow> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await create(prisma, requesterId, request);
    } catch (error) {
      const repeats = error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION;
      if (!repeats) throw error;
      const row = await repeated(prisma, requesterId, request);
      if (row) return row;
      if (attempt === TRIES) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

function create(prisma: PrismaClient, requesterId: string, request: PanicRequest): Promise<EmergencyRow> {
  const { location, category = 'CATEGORY_UNSPECIFIED', description = '', requestId = null } = request;
  const severity = severities[request.severity ?? 'SEVERITY_UNSPECIFIED'] || severities.SEVERITY_CRITICAL;
  const now = new Date();
  return prisma.emergency.create({
    data: {
      id: randomUUIDv7(),
      requesterId,
      requestId,
      ...placeOf(location),
      severity,
      category: categories[category],
      description,
      respondersNeeded: severity === severities.SEVERITY_CRITICAL ? 2 : 1,
      searchRadiusMeters: FIRST_RADIUS_METERS,
      receivedAt: now,
      nextStepAt: now,
    },
    select: SELECT,
  });
}

async function repeated(prisma: PrismaClient, requesterId: string, { requestId, location }: PanicRequest) {
  const open = { requesterId, status: { lte: OPEN } };
  const found =
    (requestId && (await prisma.emergency.findFirst({ where: { requesterId, requestId }, select: SELECT }))) ||
    (await prisma.emergency.findFirst({ where: open, select: SELECT }));
  if (!found || found.status > OPEN) return found ?? undefined;
  const data = { ...placeOf(location), version: { increment: 1 } };
  return prisma.emergency.update({ where: { id: found.id }, data, select: SELECT });
}

const placeOf = ({ latitude, longitude, accuracyMeters = 0 }: PanicRequest['location']) => ({
  latitude,
  longitude,
  accuracyMeters,
});
