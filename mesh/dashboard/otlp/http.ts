import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { toBinaryRequest } from './json.ts';
import { type Receiver, SIGNALS } from './receiver.ts';

const MAX_BYTES = 16 * 1024 * 1024;
const inflate = promisify(gunzip);

/** OTLP over HTTP/1.1: `POST /v1/{traces,metrics,logs}` as Protobuf or JSON, plain or gzip. */
export async function serveOtlpHttp(
  { host, port }: { host: string; port: number },
  receiver: Receiver,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request, response, receiver).catch((error: unknown) => {
      const status = error instanceof Refusal ? error.status : 400;
      const message = error instanceof Error ? error.message : String(error);
      response.writeHead(status, { 'content-type': 'text/plain' }).end(message);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, receiver: Receiver): Promise<void> {
  const signal = SIGNALS.find((each) => request.url === `/v1/${each}`);
  if (!signal) throw new Refusal(404, `OTLP is taken at ${SIGNALS.map((each) => `/v1/${each}`).join(', ')}`);
  if (request.method !== 'POST') throw new Refusal(405, 'OTLP is sent by POST');
  const body = await read(request);
  const type = request.headers['content-type']?.split(';')[0] ?? '';
  if (type !== 'application/x-protobuf' && type !== 'application/json') {
    throw new Refusal(415, 'the content-type must be application/x-protobuf or application/json');
  }
  const json = type === 'application/json';
  receiver.receive(signal, json ? toBinaryRequest(signal, body.toString()) : body);
  response.writeHead(200, { 'content-type': type }).end(json ? '{}' : undefined);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Refusal(413, `a request may hold ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new Refusal(415, 'the content-encoding must be gzip or identity');
  return await inflate(body, { maxOutputLength: MAX_BYTES });
}
