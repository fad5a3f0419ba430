import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Interceptor } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { HEADER } from '@kreki/runtime/caller';
import sirv from 'sirv';
import type { Context } from '../context.ts';
import { routes } from '../rpc/routes.ts';
import { sessionIdOf } from '../session/cookie.ts';

const PAGE = fileURLToPath(new URL('../page/dist', import.meta.url));

const SECURITY: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** The page, and its RPCs over Connect. A session's cookie stands for its token, which every RPC verifies. */
export async function servePage(
  { host, port }: { host: string; port: number },
  context: Context,
  interceptors: Interceptor[],
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const page = sirv(PAGE, { single: true, etag: true, gzip: true, brotli: true, setHeaders: keepAssets });
  const shutdown = new AbortController();
  const rpc = connectNodeAdapter({
    routes: routes(context),
    interceptors,
    shutdownSignal: shutdown.signal,
    readMaxBytes: 1_048_576,
    grpc: false,
    grpcWeb: false,
    fallback: (request, response) => page(request as IncomingMessage, response as ServerResponse),
  });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(SECURITY)) response.setHeader(name, value);
    if (request.url === '/healthz') return void response.end('ok');
    if (isForeign(request)) return void response.writeHead(403).end('calls come from the page itself');
    // Only the session speaks for the browser.
    delete request.headers.authorization;
    request.headers[HEADER.clientIp] = request.socket.remoteAddress ?? '';
    void context.sessions.accessToken(sessionIdOf(request.headers.cookie)).then((token) => {
      if (token) request.headers.authorization = `Bearer ${token}`;
      rpc(request, response);
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
        shutdown.abort();
        server.close(() => resolve());
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}

/** Names of assets change with what is in them: browsers need not ask for one again. Whatever else there is they ask for each time. */
function keepAssets(response: ServerResponse, path: string): void {
  const kept = path.startsWith('/assets/');
  response.setHeader('cache-control', kept ? 'public, max-age=31536000, immutable' : 'no-cache');
}

/** Whether another site's page makes a browser call: its cookie is not sent along, but nothing of it is to be answered. */
function isForeign({ method, headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return method !== 'GET' && site !== undefined && site !== 'same-origin' && site !== 'none';
}
