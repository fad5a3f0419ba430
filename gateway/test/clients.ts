import type { DescService } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, createConnectTransport as createNodeConnectTransport } from '@connectrpc/connect-node';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import type { TestEdge } from './harness.ts';

/** Every way in which an RPC client reaches the edge. */
export const transports: Readonly<Record<string, (edge: TestEdge) => Transport>> = {
  'Connect with JSON': ({ gateway }) => createConnectTransport({ baseUrl: gateway.url }),
  'Connect with Protobuf': ({ gateway }) => createConnectTransport({ baseUrl: gateway.url, useBinaryFormat: true }),
  'gRPC-Web': ({ gateway }) => createGrpcWebTransport({ baseUrl: gateway.url }),
  gRPC: ({ gateway }) => createGrpcTransport({ baseUrl: gateway.h2cUrl }),
  'Connect over HTTP/2': ({ gateway }) => createNodeConnectTransport({ baseUrl: gateway.h2cUrl, httpVersion: '2' }),
};

/** A client of the first of the transports, for what is the same over all. */
export const clientOf = <Desc extends DescService>(edge: TestEdge, service: Desc): Client<Desc> =>
  createClient(service, createConnectTransport({ baseUrl: edge.gateway.url }));

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The error that a call ends with. */
export async function rejection(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConnectError) return error;
  throw new Error(`expected a ConnectError, got ${String(error)}`);
}

export async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** An error as REST answers it. */
export interface RestError {
  readonly code: string;
  readonly message: string;
  readonly details: readonly {
    readonly type: string;
    readonly debug: { readonly reason?: string; metadata?: object };
  }[];
}

export async function rest(
  edge: TestEdge,
  httpMethod: string,
  path: string,
  options: { token?: string; json?: unknown; body?: string; headers?: Record<string, string>; base?: string } = {},
) {
  const body = options.body ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
  const response = await fetch(`${options.base ?? edge.gateway.url}${path}`, {
    method: httpMethod,
    headers: {
      ...(options.token && bearer(options.token)),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json, reason: json?.details?.[0]?.debug?.reason };
}

export { Code };
