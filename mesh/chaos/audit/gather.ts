import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import type { ChaosEnvironment, End } from '../environment/environment.ts';
import type { Load } from '../load/load.ts';
import type { SignedOut } from '../load/newcomers.ts';
import type { Evidence, Times } from './evidence.ts';
import { readDatabases, readSessions } from './read/databases.ts';
import { findOrphans, findUnhealthy, readLinks, supervised } from './read/machine.ts';
import { readStreams } from './read/streams.ts';

/** When faults ended processes, by name. */
export type Endings = readonly { readonly name: string; readonly atMs: number }[];

/** A process that was asked to end may take this long. */
const STOP_LIMIT_MS = 25_000;
const TOKEN_TRIES = 8;
/** A start that fails follows an end that closely. */
const RESTARTING_MS = 20_000;

/** Reads everything the auditor goes by, past the links and past the edge. */
export async function gather(
  environment: ChaosEnvironment,
  load: Load,
  times: Omit<Times, 'auditedMs'>,
  endings: Endings,
): Promise<Evidence> {
  const { up, people } = environment;
  await load.phones.catchUp();
  const [tables, streams, sessions, links, unhealthy] = await Promise.all([
    readDatabases(up.urls.postgres),
    readStreams(up.urls.nats),
    readSessions(up.urls.postgres),
    readLinks(environment),
    findUnhealthy(environment),
  ]);
  return {
    times: { ...times, auditedMs: Date.now() },
    journal: load.context.journal,
    signedOut: await tryTokens(up.mesh.edgeUrl, load.signedOut),
    ...tables,
    ...streams,
    phones: {
      messages: [...load.phones.messages.values()],
      webhooksWaiting: await countWebhooks(up.mesh.simulatorsUrl),
      owners: new Map([people.dispatcher, ...people.volunteers].map(({ id, phone }) => [phone, id])),
    },
    machine: {
      unhealthy,
      ends: attribute(environment.ends, endings),
      orphans: findOrphans(environment, supervised(environment)),
      links,
      sessions,
    },
  };
}

/** Webhooks that the simulators still have to deliver. */
export async function countWebhooks(simulatorsUrl: string): Promise<number> {
  const answer = await fetch(`${simulatorsUrl}/healthz`);
  const { webhooks }: { webhooks: { queued: number } } = JSON.parse(await answer.text());
  return webhooks.queued;
}

/** Which ends a fault asked for, at once or by a start that failed while another part was away. */
export function attribute(ends: readonly End[], endings: Endings): Evidence['machine']['ends'] {
  return ends.map((end, index) => {
    const within = (fromMs: number, limitMs: number) => end.atMs >= fromMs && end.atMs - fromMs < limitMs;
    const asked = endings.some(({ name, atMs }) => name === end.name && within(atMs, STOP_LIMIT_MS));
    const restarting = ends.slice(0, index).some(({ name, atMs }) => name === end.name && within(atMs, RESTARTING_MS));
    return { ...end, asked: asked || restarting };
  });
}

/** The edge goes by the signature alone for a moment when Redis is slow to answer: let in is who is so every time. */
async function tryTokens(edgeUrl: string, signedOut: readonly SignedOut[]): Promise<Evidence['signedOut']> {
  const auth = createClient(AuthService, createConnectTransport({ baseUrl: edgeUrl }));
  const isLetIn = async ({ token }: SignedOut) => {
    for (let attempt = 0; attempt < TOKEN_TRIES; attempt++) {
      const refused = await auth.getMe({}, { headers: { authorization: `Bearer ${token}` } }).then(
        () => false,
        (error: unknown) => ConnectError.from(error).code === Code.Unauthenticated,
      );
      if (refused) return false;
      await sleep(500);
    }
    return true;
  };
  const tried: Evidence['signedOut'][number][] = [];
  for (const person of signedOut) tried.push({ ...person, stillLetIn: await isLetIn(person) });
  return tried;
}
