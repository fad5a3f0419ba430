import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpRequest, HttpResponse } from './exchange.ts';

export interface ListenerOptions {
  readonly host: string;
  /** HTTP/1.1; 0 takes a free port. */
  readonly httpPort: number;
  /** HTTP/2. */
  readonly h2cPort: number;
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
}

export interface Listeners {
  /** Base URL of the HTTP/1.1 port. */
  readonly url: string;
  /** Base URL of the HTTP/2 port. */
  readonly h2cUrl: string;
  /** Takes no new connections and lets the requests under way end, for at most `drainMs`. */
  stop(drainMs: number): Promise<void>;
}

type Handler = (request: HttpRequest, response: HttpResponse) => void;
type CompatibleHandler = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

const HTTP1: http.ServerOptions = {
  keepAliveTimeout: 65_000,
  headersTimeout: 15_000,
  // Whoever sends slowly holds a connection no longer than this; clients that stream for longer do it over HTTP/2.
  requestTimeout: 300_000,
};
const HTTP2: http2.ServerOptions = { settings: { maxConcurrentStreams: 1_000 } };

export async function listen(options: ListenerOptions, handler: Handler): Promise<Listeners> {
  const { tlsCertFile, tlsKeyFile } = options;
  const tls =
    tlsCertFile && tlsKeyFile ? { cert: readFileSync(tlsCertFile), key: readFileSync(tlsKeyFile) } : undefined;
  const compatible = handler as unknown as CompatibleHandler;
  const one = tls ? https.createServer({ ...HTTP1, ...tls }, handler) : http.createServer(HTTP1, handler);
  const two = tls
    ? http2.createSecureServer({ ...HTTP2, ...tls, allowHTTP1: true }, compatible)
    : http2.createServer(HTTP2, compatible);
  const sessions = new Set<http2.ServerHttp2Session>();
  const sockets = new Set<Socket>();
  two.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  two.on('session', (session: http2.ServerHttp2Session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });

  await start(one, options.host, options.httpPort);
  await start(two, options.host, options.h2cPort).catch((error: unknown) => {
    one.close();
    throw error;
  });
  const scheme = tls ? 'https' : 'http';
  const urlOf = (server: { address(): AddressInfo | string | null }) =>
    `${scheme}://${options.host}:${(server.address() as AddressInfo).port}`;

  return {
    url: urlOf(one),
    h2cUrl: urlOf(two),
    async stop(drainMs) {
      const closed = Promise.all([new Promise((end) => one.close(end)), new Promise((end) => two.close(end))]);
      one.closeIdleConnections();
      for (const session of sessions) session.close();
      const patience = new AbortController();
      await Promise.race([closed, sleep(drainMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
      patience.abort();
      one.closeAllConnections();
      // A session that was asked to close waits for the other side even when destroyed; its socket does not.
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function start(server: http.Server | http2.Http2Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
