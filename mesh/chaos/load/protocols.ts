import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { createGrpcTransport } from './grpc-transport.ts';
import type { Way } from './journal.ts';
import { createRestTransport } from './rest-transport.ts';

export type Protocol = Exclude<Way, 'whatsapp'>;
export const PROTOCOLS: readonly Protocol[] = ['connect', 'grpc-web', 'grpc', 'rest'];

export type Transports = Readonly<Record<Protocol, Transport>>;

/** One transport for each protocol of the edge, shared by all people. */
export function openTransports({ edgeUrl, h2cUrl }: { edgeUrl: string; h2cUrl: string }): Transports {
  return {
    connect: createConnectTransport({ baseUrl: edgeUrl, fetch: honestFetch }),
    'grpc-web': createGrpcWebTransport({ baseUrl: edgeUrl, fetch: honestFetch }),
    grpc: createGrpcTransport({ baseUrl: h2cUrl }),
    rest: createRestTransport({ baseUrl: edgeUrl, fetch: honestFetch }),
  };
}

/** What a browser only calls a failed fetch is a network that failed, not an error that nobody knows. */
const honestFetch: typeof fetch = async (input, init) => {
  try {
    return await fetch(input, init);
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw new ConnectError('the network failed', Code.Unavailable, undefined, undefined, error);
  }
};
