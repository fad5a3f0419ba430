import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { setImmediate as afterReading, setTimeout as sleep } from 'node:timers/promises';
import { openListener } from '@kreki/runtime/listening';
import { UNLIMITED_SESSION_MEMORY } from '@kreki/runtime/session-memory';
import type { HttpRequest, HttpResponse } from './exchange.ts';

export interface ListenerOptions {
  readonly host: string;
  /** HTTP/1.1; 0 takes a free port. */
  readonly httpPort: number;
  readonly httpPortFd: number | undefined;
  /** HTTP/2. */
  readonly h2cPort: number;
  readonly h2cPortFd: number | undefined;
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  /** How long the head of a request may take. */
  readonly headTimeoutMs: number;
  /** How long an HTTP/2 connection may do nothing. */
  readonly idleTimeoutMs: number;
}

export interface Listeners {
  /** Base URL of the HTTP/1.1 port. */
  readonly url: string;
  /** Base URL of the HTTP/2 port. */
  readonly h2cUrl: string;
  /**
   * Takes no new connections. For `leaveMs` clients are asked to go elsewhere with their next request and are answered meanwhile; then the
   * requests under way may end, for at most `drainMs`.
   */
  stop(leaveMs: number, drainMs: number): Promise<void>;
}

type Handler = (request: HttpRequest, response: HttpResponse) => void;
type CompatibleHandler = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

/** A phone that lost its network says nothing; its streams end when it does not answer to this. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 };
const http1Options = ({ headTimeoutMs }: ListenerOptions): http.ServerOptions => ({
  ...KEEP_ALIVE,
  keepAliveTimeout: 65_000,
  headersTimeout: headTimeoutMs,
  connectionsCheckingInterval: Math.min(5_000, headTimeoutMs),
  // Whoever sends slowly holds a connection no longer than this; clients that stream for longer do it over HTTP/2.
  requestTimeout: 300_000,
});
const HTTP2: http2.ServerOptions = {
  ...KEEP_ALIVE,
  settings: { maxConcurrentStreams: 1_000 },
  maxSessionMemory: UNLIMITED_SESSION_MEMORY,
};

export async function listen(options: ListenerOptions, handler: Handler): Promise<Listeners> {
  const { tlsCertFile, tlsKeyFile } = options;
  const tls =
    tlsCertFile && tlsKeyFile ? { cert: readFileSync(tlsCertFile), key: readFileSync(tlsKeyFile) } : undefined;
  const compatible = handler as unknown as CompatibleHandler;
  const http1 = http1Options(options);
  const one = tls ? https.createServer({ ...http1, ...tls }, handler) : http.createServer(http1, handler);
  const two = tls
    ? http2.createSecureServer({ ...HTTP2, ...tls, allowHTTP1: true }, compatible)
    : http2.createServer(HTTP2, compatible);
  const sockets = new Set<Socket>();
  two.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const sessions = new Set<http2.ServerHttp2Session>();
  two.on('session', (session: http2.ServerHttp2Session) => {
    sessions.add(session);
    // One whose streams are only quiet ends with the last of them.
    session.setTimeout(options.idleTimeoutMs, () => session.close());
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });

  const { host } = options;
  const first = await openListener(one, { host, port: options.httpPort, portFd: options.httpPortFd });
  const second = await openListener(two, { host, port: options.h2cPort, portFd: options.h2cPortFd }).catch(
    (error: unknown) => {
      one.close();
      throw error;
    },
  );
  const scheme = tls ? 'https' : 'http';

  return {
    url: `${scheme}://${host}:${first.port}`,
    h2cUrl: `${scheme}://${host}:${second.port}`,
    async stop(leaveMs, drainMs) {
      const closed = Promise.all([first.close(), second.close()]);
      // A session that just began has said its own first by then.
      await afterReading();
      // Over TLS nobody but its session may write to a socket: there the last GOAWAY is the only one.
      if (!tls) for (const socket of sockets) socket.write(SHUTDOWN_NOTICE);
      await within(leaveMs, closed);
      // What has arrived is read first, so that no connection is taken for idle that is not.
      await afterReading();
      one.closeIdleConnections();
      const becomesIdle = setInterval(() => one.closeIdleConnections(), 100);
      for (const session of sessions) session.close();
      await within(drainMs, closed);
      clearInterval(becomesIdle);
      // A session that was asked to close waits for the other side even when destroyed; its socket does not.
      first.destroy();
      second.destroy();
      await closed;
      // Ends the timer that looks for slow requests.
      one.close();
    },
  };
}

/**
 * GOAWAY with the highest stream there can be (RFC 9113, 6.8): open no more streams, those on their way are answered. Node has only the last
 * GOAWAY to send, after which it answers no new stream whatever that says; this one goes out between two writes of whole frames.
 */
const SHUTDOWN_NOTICE = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  await Promise.race([work, sleep(limitMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
}
