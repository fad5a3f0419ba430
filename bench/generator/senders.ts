import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as grpc from '@grpc/grpc-js';
import { openMeshIdentity } from '../../mesh/runtime/identity/mesh-identity.ts';
import { createLogger } from '../../mesh/runtime/log.ts';
import type { Load, Person } from './order.ts';

/** Makes the next call of a load; rejects with what was said when it does not end well. */
export type Send = () => Promise<void>;

/** As many connections as there are phones that call at once. */
const CONNECTIONS = 256;
const PATIENCE_MS = 10_000;

export function openSender(load: Load): Send {
  const bodies = load.bodies.map((body) => Buffer.from(body, 'base64'));
  const people: readonly Person[] = load.people ? JSON.parse(readFileSync(load.people, 'utf8')) : [];
  const sends = [load.url, ...(load.others ?? [])].map((url) =>
    load.over === 'grpc' ? grpcSender({ ...load, url }) : http1Sender({ ...load, url }),
  );
  let next = 0;
  return () => {
    const turn = next++;
    const person = people[turn % people.length];
    const headers = person
      ? { ...load.headers, authorization: `Bearer ${person.token}`, 'x-forwarded-for': person.address }
      : load.headers;
    const send = sends[turn % sends.length] as Sending;
    return send(headers, bodies[turn % bodies.length] ?? Buffer.alloc(0));
  };
}

type Sending = (headers: Readonly<Record<string, string>>, body: Buffer) => Promise<void>;

function http1Sender({ url, path }: Load): Sending {
  const { hostname, port } = new URL(url);
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  return (headers, body) =>
    new Promise((resolve, reject) => {
      const request = http.request({
        agent,
        hostname,
        port,
        path,
        method: 'POST',
        headers: { ...headers, 'content-length': body.length },
        timeout: PATIENCE_MS,
      });
      request.on('timeout', () => request.destroy(new Error('no answer')));
      request.on('error', (error: NodeJS.ErrnoException) => reject(new Error(error.code ?? error.message)));
      request.on('response', (response) => {
        response.resume();
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${response.statusCode}`)),
        );
        response.on('error', reject);
      });
      request.end(body);
    });
}

const asItIs = (bytes: Buffer) => bytes;

function grpcSender({ url, path, mesh }: Load): Sending {
  const identity =
    mesh && openMeshIdentity(mesh.caller, { identity: mesh.folder, namespace: '' }, createLogger('bench'));
  const channel = identity?.channelTo(mesh?.service ?? '');
  const client = new grpc.Client(new URL(url).host, channel?.credentials ?? grpc.credentials.createInsecure(), {
    'grpc.enable_channelz': 0,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    ...channel?.options,
  });
  return (headers, body) =>
    new Promise((resolve, reject) => {
      const metadata = new grpc.Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      const options = { deadline: Date.now() + PATIENCE_MS };
      client.makeUnaryRequest(path, asItIs, asItIs, body, metadata, options, (error) =>
        error ? reject(new Error(grpc.status[error.code] ?? 'UNKNOWN')) : resolve(),
      );
    });
}
