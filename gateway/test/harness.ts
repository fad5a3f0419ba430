import { emptyRedis, restrictRedis } from '@kreki/runtime/testing/harness';
import { type TestIdentities, testIdentities } from '@kreki/runtime/testing/identities';
import { startIdentity } from '@kreki/runtime/testing/identity';
import { redisUsers } from '../../mesh/policy/redis.ts';
import { serviceNames } from '../../mesh/topology.ts';
import { readConfig } from '../config.ts';
import { type RunningGateway, startGateway } from '../gateway.ts';
import { startUpstream, type Upstream } from './fixture.ts';

/** The edge before a stand-in for all services, on real servers. */
export interface TestEdge {
  readonly gateway: RunningGateway;
  readonly upstream: Upstream;
  readonly identity: Awaited<ReturnType<typeof startIdentity>>;
  readonly identities: TestIdentities;
  readonly redisUrl: string;
  stop(): Promise<void>;
}

export async function startEdge(env: Record<string, string> = {}): Promise<TestEdge> {
  const redisUrl = env.REDIS_URL ?? (await emptyRedis(process.env.TEST_REDIS_URL ?? ''));
  const identities = testIdentities();
  const identity = await startIdentity(identities);
  const upstream = await startUpstream(identity.url, identities);
  const urls = serviceNames.map((name) => [`${name.toUpperCase()}_URL`, upstream.urls[name]]);
  const gateway = await startGateway(
    readConfig({
      MESH_IDENTITY: identities.folderOf('gateway'),
      HTTP_PORT: '0',
      H2C_PORT: '0',
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      // Tests share their process, and the machine with others.
      SHED_DELAY: '0s',
      TRUSTED_PROXIES: '127.0.0.1,::1',
      DRAIN: '1s',
      ...Object.fromEntries(urls),
      ...env,
      REDIS_URL: await asGateway(redisUrl),
    }),
  );
  return {
    gateway,
    upstream,
    identity,
    identities,
    redisUrl,
    async stop() {
      await gateway.stop();
      await upstream.stop();
      await identity.stop();
      identities.stop();
    },
  };
}

/** With what the edge may do in Redis and no more; a server that is away stays away. */
async function asGateway(url: string): Promise<string> {
  const user = redisUsers().find(({ name }) => name === 'gateway');
  if (!user || !new URL(url).password) return url;
  return restrictRedis(url, user);
}
