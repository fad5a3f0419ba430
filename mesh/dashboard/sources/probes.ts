import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '@kreki/gen/grpc/health/v1/health_pb.js';
import type { MeshIdentity } from '@kreki/runtime/identity/mesh-identity';

/** What the processes of a workload say when they are asked whether they serve. */
export interface Answers {
  /** How many were asked: one for each address of the workload; 0 when none is known. */
  readonly asked: number;
  readonly serving: number;
  /** Those that say that they do not serve. The rest did not answer. */
  readonly refusing: number;
  /** Why the rest did not answer; empty when all did. */
  readonly problem: string;
}

/** Asks every process of a workload; never throws. */
export interface Probe {
  ask(): Promise<Answers>;
  close(): void;
}

const PATIENCE_MS = 2_000;
const CHECK = '/grpc.health.v1.Health/Check';

/** Asks by `grpc.health.v1` as a process of the mesh; connects to nobody but the service that is meant. */
export function grpcProbe(service: string, url: string, identity: MeshIdentity): Probe {
  const { hostname, port } = new URL(url);
  const { credentials, options } = identity.channelTo(service);
  const clients = new Map<string, grpc.Client>();
  const clientOf = (address: string) => {
    const known = clients.get(address);
    if (known) return known;
    const host = isIPv6(address) ? `[${address}]` : address;
    const made = new grpc.Client(`${host}:${port}`, credentials, { ...CHANNEL, ...options });
    clients.set(address, made);
    return made;
  };
  return {
    async ask() {
      const addresses = await addressesOf(hostname).catch((error: Error) => error);
      if (addresses instanceof Error) return { asked: 1, serving: 0, refusing: 0, problem: addresses.message };
      for (const [address, client] of clients) {
        if (addresses.includes(address)) continue;
        client.close();
        clients.delete(address);
      }
      return sum(await Promise.all(addresses.map((address) => check(clientOf(address)))));
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}

/** Asks by `GET /readyz`, as the edge answers it. */
export const httpProbe = (url: string): Probe => ({
  ask: async () =>
    sum([
      await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(PATIENCE_MS) }).then(({ ok }) => ok, reasonOf),
    ]),
  close: () => undefined,
});

/** Node.js hides why a request failed in its cause, which may have a code alone. */
export function reasonOf({ message, cause }: Error): string {
  const { message: its, code } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return its || code || message;
}

const CHANNEL: grpc.ChannelOptions = {
  'grpc.enable_channelz': 0,
  'grpc.enable_retries': 0,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.service_config_disable_resolution': 1,
  // Each address has its own answer.
  'grpc.use_local_subchannel_pool': 1,
};

/** A name that stands for several processes has an address of each. */
async function addressesOf(hostname: string): Promise<string[]> {
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true });
  const fourth = found.filter(({ family }) => family === 4);
  return (fourth.length > 0 ? fourth : found).map(({ address }) => address);
}

/** Whether it serves, or why it did not answer. */
function check(client: grpc.Client): Promise<boolean | string> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      CHECK,
      (request: Uint8Array) => Buffer.from(request),
      (answer: Buffer) => fromBinary(HealthCheckResponseSchema, answer),
      toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema)),
      { deadline: Date.now() + PATIENCE_MS },
      (error, answer) => resolve(error ? error.details : answer?.status === Status.SERVING),
    );
  });
}

const sum = (answers: readonly (boolean | string)[]): Answers => ({
  asked: answers.length,
  serving: answers.filter((answer) => answer === true).length,
  refusing: answers.filter((answer) => answer === false).length,
  problem: answers.find((answer) => typeof answer === 'string') ?? '',
});
