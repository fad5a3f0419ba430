import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import { UNLIMITED_SESSION_MEMORY } from '@kreki/runtime/session-memory';

/** An HTTP request as it leaves, byte for byte. */
export interface HttpRequest {
  readonly version: 1 | 2;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: Uint8Array | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly trailers: Headers;
  readonly body: Buffer;
}

export interface SendOptions {
  /** Whether what has come of the body will do: the rest of a stream without end is then not waited for. */
  readonly enough?: ((received: Buffer) => boolean) | undefined;
  readonly timeoutMs?: number | undefined;
}

/** No answer came: the time ran out, or the connection broke. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Sends requests to the edge over connections that are kept. */
export interface Sender {
  send(request: HttpRequest, options?: SendOptions): Promise<HttpAnswer>;
  close(): void;
}

const TIMEOUT_MS = 30_000;

export function createSender(urls: { readonly edgeUrl: string; readonly h2cUrl: string }): Sender {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  let session: http2.ClientHttp2Session | undefined;
  const openSession = (): http2.ClientHttp2Session => {
    if (session && !session.closed && !session.destroyed) return session;
    session = http2.connect(urls.h2cUrl, { maxSessionMemory: UNLIMITED_SESSION_MEMORY });
    session.on('error', () => undefined);
    return session;
  };
  return {
    send: (request, options = {}) =>
      request.version === 1
        ? overHttp1(agent, urls.edgeUrl, request, options)
        : overHttp2(openSession, request, options),
    close() {
      agent.destroy();
      session?.destroy();
    },
  };
}

async function overHttp1(
  agent: http.Agent,
  base: string,
  request: HttpRequest,
  options: SendOptions,
): Promise<HttpAnswer> {
  const { hostname, port } = new URL(base);
  const { method, path, headers, body } = request;
  const outgoing = http.request({ agent, hostname, port, method, path, headers: { ...headers } });
  const patience = setTimeout(() => outgoing.destroy(timeOut(options)), options.timeoutMs ?? TIMEOUT_MS);
  try {
    outgoing.end(body ?? '');
    // An answer may come, and its connection end, before the whole request was taken.
    outgoing.on('error', () => undefined);
    const [incoming] = (await once(outgoing, 'response')) as [http.IncomingMessage];
    const received = await collect(incoming, options.enough);
    if (!incoming.complete) outgoing.destroy();
    return {
      status: incoming.statusCode ?? 0,
      headers: headersOf(incoming.headersDistinct),
      trailers: headersOf(incoming.trailersDistinct),
      body: received,
    };
  } catch (error) {
    // The other side may end a kept connection in the instant it is used again (node:http, "reusedSocket").
    if (outgoing.reusedSocket && isReset(error)) return overHttp1(agent, base, request, options);
    throw noAnswer(error);
  } finally {
    clearTimeout(patience);
  }
}

/** Over a session that is opened when there is none. */
export async function overHttp2(
  open: () => http2.ClientHttp2Session,
  request: HttpRequest,
  options: SendOptions,
): Promise<HttpAnswer> {
  const headers = { ':method': request.method, ':path': request.path, ...request.headers };
  const stream = open().request(headers, { endStream: !request.body?.length });
  const patience = setTimeout(() => stream.destroy(timeOut(options)), options.timeoutMs ?? TIMEOUT_MS);
  try {
    const trailers = new Headers();
    stream.on('trailers', (received) => copy(received, trailers));
    if (request.body?.length) stream.end(request.body);
    const [received] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    const answered = new Headers();
    copy(received, answered);
    const body = await collect(stream, options.enough);
    return { status: received[':status'] ?? 0, headers: answered, trailers, body };
  } catch (error) {
    throw noAnswer(error);
  } finally {
    clearTimeout(patience);
    stream.on('error', () => undefined);
    if (!stream.closed) stream.close(http2.constants.NGHTTP2_CANCEL);
  }
}

async function collect(body: AsyncIterable<Buffer>, enough: SendOptions['enough']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
    if (enough?.(Buffer.concat(chunks))) break;
  }
  return Buffer.concat(chunks);
}

const timeOut = ({ timeoutMs = TIMEOUT_MS }: SendOptions) => new NoAnswer(`no answer within ${timeoutMs} ms`);

const noAnswer = (error: unknown): NoAnswer =>
  error instanceof NoAnswer
    ? error
    : new NoAnswer(error instanceof Error ? error.message : String(error), { cause: error });

const isReset = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ECONNRESET';

function headersOf(distinct: NodeJS.Dict<string[]>): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(distinct)) for (const value of values ?? []) headers.append(name, value);
  return headers;
}

function copy(from: http2.IncomingHttpHeaders, to: Headers): void {
  for (const [name, value] of Object.entries(from)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of [value].flat()) to.append(name, one);
  }
}
