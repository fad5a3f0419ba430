import { once } from 'node:events';
import { createSecureServer, type Http2ServerRequest, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createContextValues } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { peerKey } from '../../../mesh/runtime/caller.ts';
import { nameIn } from '../../../mesh/runtime/identity/spiffe.ts';
import type * as runtime from '../../../mesh/runtime/rpc/server.ts';
import { secureContext } from './certificates.ts';
import type { ConnectImplementation } from './handlers.ts';

const READ_MAX_BYTES = 4 * 1024 * 1024;
const STREAMS_MAX = 10_000;

/** In place of the runtime's: connect-node over HTTP/2 and the mesh's mutual TLS, behind the same interceptors. Without health and reflection. */
export const startRpcServer: typeof runtime.startRpcServer = async (options) => {
  const { implementations, interceptors, identity, host } = options;
  const shutdown = new AbortController();
  const peers = new WeakMap<Http2Session, string>();
  const peerOf = ({ stream }: Http2ServerRequest) => stream.session && peers.get(stream.session);
  const handle = connectNodeAdapter({
    routes: (router) => {
      for (const implementation of implementations) (implementation as ConnectImplementation).route(router);
    },
    connect: false,
    grpcWeb: false,
    interceptors,
    readMaxBytes: READ_MAX_BYTES,
    shutdownSignal: shutdown.signal,
    contextValues: (request) => createContextValues().set(peerKey, peerOf(request as Http2ServerRequest)),
  });
  const server = createSecureServer(
    {
      ...secureContext(identity.name),
      requestCert: true,
      rejectUnauthorized: true,
      settings: { maxConcurrentStreams: STREAMS_MAX },
    },
    handle,
  );
  const sessions = new Set<Http2Session>();
  server.on('session', (session) => {
    const peer = nameIn((session.socket as TLSSocket).getPeerCertificate().subjectaltname);
    if (peer === undefined) return session.destroy();
    peers.set(session, peer);
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.listen(options.port, host);
  await once(server, 'listening');
  return {
    url: `https://${host}:${(server.address() as AddressInfo).port}`,
    setServing: () => undefined,
    async stop() {
      shutdown.abort();
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.close();
      await closed;
    },
  };
};
