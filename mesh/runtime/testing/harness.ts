import { randomBytes } from 'node:crypto';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type RedisUser, redisUsers } from '../../policy/redis.ts';
import { EDGE } from '../caller.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { answererOf, type TestIdentities, testIdentities } from './identities.ts';
import { startIdentity, type TestPerson } from './identity.ts';
import { startNatsServer } from './nats-server.ts';
import { personalDataEnvironment } from './personal-data.ts';

/** What a test file has to itself on the test run's servers. */
export interface TestMesh {
  /** A fresh database, as its owner. */
  readonly databaseUrl: string;
  /** A NATS server of its own; whoever comes to its `url` may do everything. */
  readonly nats: Awaited<ReturnType<typeof startNatsServer>>;
  /** An empty Redis database, as somebody who may do everything in it. */
  readonly redisUrl: string;
  /** KREKI ID, which signs people's tokens. */
  readonly identity: Awaited<ReturnType<typeof startIdentity>>;
  /** Certificates of every process of the mesh. */
  readonly identities: TestIdentities;
  /** The environment of a service under test, for its `readConfig`. */
  env(service: string, extra?: Record<string, string>): NodeJS.ProcessEnv;
  /**
   * A client that calls over the edge as nobody or as a person (a token is made), or as a service of the mesh. The process of the contract's
   * domain must answer, unless another is named.
   */
  client<Desc extends DescService>(
    service: Desc,
    url: string,
    as?: TestPerson | { service: string },
    answerer?: string,
  ): Promise<Client<Desc>>;
  /** Ends something before the servers end, the last added first. */
  onStop(end: () => unknown): void;
  stop(): Promise<void>;
}

/** Gives a test file its own database, NATS, Redis and identity: `const mesh = await testMesh('auth'); after(() => mesh.stop());` */
export async function testMesh(name: string): Promise<TestMesh> {
  const ends: (() => unknown)[] = [];
  const databaseUrl = await createDatabase(name, ends);
  const redisUrl = await emptyRedis(required('TEST_REDIS_URL'));
  const redisUrls = new Map<string, string>();
  for (const user of redisUsers()) redisUrls.set(user.name, await restrictRedis(redisUrl, user));
  const nats = await startNatsServer();
  ends.push(() => nats.stop());
  const identities = testIdentities();
  ends.push(() => identities.stop());
  const identity = await startIdentity(identities);
  ends.push(() => identity.stop());
  const personalData = personalDataEnvironment();

  return {
    databaseUrl,
    nats,
    redisUrl,
    identity,
    identities,
    env: (service, extra = {}) => ({
      MESH_IDENTITY: identities.folderOf(service),
      SERVICE_PORT: '0',
      DATABASE_URL: databaseUrl,
      NATS_URL: nats.urlOf(service),
      REDIS_URL: redisUrls.get(service) ?? '',
      AUTH_URL: identity.url,
      ...personalData,
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      // Tests share their process, and the machine with others.
      SHED_DELAY: '0s',
      ...extra,
    }),
    async client(service, url, as, answerer = answererOf(service)) {
      const [caller, person] = as && 'service' in as ? [as.service, undefined] : [EDGE, as];
      const token = person && (await identity.tokenFor(person));
      const transport = createGrpcTransport({
        url,
        identity: identities.of(caller),
        service: answerer,
        interceptors: [
          (next) => (request) => {
            if (token) request.header.set('authorization', `Bearer ${token}`);
            return next(request);
          },
        ],
      });
      ends.push(() => transport.close());
      return createClient(service, transport);
    },
    onStop: (end) => void ends.push(end),
    async stop() {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
}

function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is missing: run tests with npm test`);
  return value;
}

async function createDatabase(name: string, ends: (() => unknown)[]): Promise<string> {
  const url = new URL(required('TEST_POSTGRES_URL'));
  const database = `test_${name.replace(/\W/g, '_')}_${randomBytes(4).toString('hex')}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await run(`CREATE DATABASE ${database}`);
  ends.push(() => run(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`));
  const own = new URL(url.href);
  own.pathname = `/${database}`;
  return own.href;
}

/** Files run side by side, each on the next of Redis' databases 1 to 15. */
export async function emptyRedis(url: string): Promise<string> {
  const redis = new Redis(url);
  const index = 1 + ((await redis.incr('kreki:test:next')) % 15);
  await redis.select(index);
  await redis.flushdb();
  redis.disconnect();
  const own = new URL(url);
  own.pathname = `/${index}`;
  return own.href;
}

/** The same database of Redis as a process of the mesh, with what it may do and no more. */
export async function restrictRedis(url: string, { name, rules }: RedisUser): Promise<string> {
  const redis = new Redis(url);
  // Only tests have databases of Redis beside each other.
  await redis.call('ACL', 'SETUSER', `test-${name}`, 'reset', 'on', '>test', ...rules, '+select');
  redis.disconnect();
  const own = new URL(url);
  own.username = `test-${name}`;
  own.password = 'test';
  return own.href;
}
