/** Asking each kind of process whether it can serve. */
import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AUTHORITY_FILE, IDENTITY_FILE } from '@kreki/runtime/identity/certificates';
import type { SupervisedProcess } from './supervised-process.ts';

export type Probe = () => Promise<boolean>;

/** A process that has ended so often in a row will not start by itself. */
const hopeless = 3;

/** @throws Error with the end of its log when the process keeps ending, or is not healthy in time (milliseconds). */
export async function waitHealthy(process: SupervisedProcess, probe: Probe, patience = 60_000): Promise<void> {
  const deadline = performance.now() + patience;
  const { name } = process.spec;
  while (!(await probe().catch(() => false))) {
    if (process.ends >= hopeless) throw new Error(`${name} does not start (${process.lastEnd}):\n${process.logTail()}`);
    if (performance.now() > deadline) {
      throw new Error(`${name} is not healthy after ${patience / 1000} s:\n${process.logTail()}`);
    }
    await sleep(50);
  }
}

/** The standard `grpc.health.v1.Health/Check` for the server as a whole, asked with the identity in a folder. */
export function grpcHealth(name: string, port: number, identityFolder: string): Probe {
  return () =>
    new Promise((resolve) => {
      const identity = readFileSync(join(identityFolder, IDENTITY_FILE));
      const session = connectHttp2(`https://127.0.0.1:${port}`, {
        cert: identity,
        key: identity,
        ca: readFileSync(join(identityFolder, AUTHORITY_FILE)),
        servername: name,
      });
      const answer: Buffer[] = [];
      const finish = (healthy: boolean) => {
        session.destroy();
        resolve(healthy);
      };
      session.setTimeout(2_000, () => finish(false));
      session.on('error', () => finish(false));
      const stream = session.request({
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => finish(false));
      stream.on('data', (chunk: Buffer) => answer.push(chunk));
      stream.on('end', () => finish(isServing(Buffer.concat(answer))));
      // A HealthCheckRequest without a service name is an empty message: no compression, length 0.
      stream.end(Buffer.alloc(5));
    });
}

/** Whether a length-prefixed HealthCheckResponse says SERVING: field 1, a varint, of value 1. */
export function isServing(frame: Buffer): boolean {
  return frame.subarray(5).equals(Buffer.from([0x08, 0x01]));
}

export function httpHealth(url: string): Probe {
  return async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.ok;
  };
}

/** Sends a text, and holds when what comes back matches. */
export function tcpProbe(port: number, send: string, expected: RegExp): Probe {
  return () =>
    new Promise((resolve) => {
      let received = '';
      const socket = connect(port, '127.0.0.1');
      const finish = (healthy: boolean) => {
        socket.destroy();
        resolve(healthy);
      };
      socket.setTimeout(2_000, () => finish(false));
      socket.on('error', () => finish(false));
      socket.on('close', () => finish(false));
      socket.on('connect', () => socket.write(send));
      socket.on('data', (chunk) => {
        received += chunk;
        if (expected.test(received)) finish(true);
      });
    });
}
