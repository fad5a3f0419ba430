import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { HttpRequest } from '../wire/http.ts';

/** One thing done to a request on its way. */
export type Mutation = (request: HttpRequest) => HttpRequest;

/** Headers that decide how a request is read, and what they may say. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'content-type': [
    ...['application/json', 'application/proto', 'application/grpc', 'application/grpc+proto', 'application/grpc+json'],
    ...[
      'application/grpc-web+proto',
      'application/grpc-web-text',
      'application/connect+proto',
      'application/connect+json',
    ],
    ...['text/plain', 'application/json; charset=utf-16', 'application/x-www-form-urlencoded', 'a', ''],
  ],
  'content-encoding': ['gzip', 'br', 'identity', 'deflate', 'x'],
  'connect-content-encoding': ['gzip', 'br', 'identity', 'x'],
  'grpc-encoding': ['gzip', 'br', 'identity', 'x'],
  'accept-encoding': ['gzip', 'br, gzip', '*', 'x'],
  'connect-accept-encoding': ['gzip', 'br', 'x'],
  'grpc-accept-encoding': ['gzip', 'br', 'identity,x'],
  'connect-timeout-ms': ['0', '1', '-1', '99999999999', '1e3', 'x', ''],
  'grpc-timeout': ['0n', '1n', '1m', '99999999H', '1', '-1S', 'x', ''],
  'connect-protocol-version': ['1', '2', 'x', ''],
  authorization: [
    'Bearer',
    'Bearer ',
    'Bearer x',
    'bearer  x',
    'Basic eDp5',
    'Negotiate',
    `Bearer ${'x'.repeat(5_000)}`,
  ],
  accept: ['text/event-stream', 'application/json', '*/*', 'x'],
  'x-request-id': ['x', 'abcdefgh', 'a'.repeat(200), '\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9'],
  'x-forwarded-for': ['x', '::1', '10.0.0.1, 127.0.0.1', ','],
  'x-http-method-override': ['DELETE', 'PUT'],
  'user-agent': ['', '\xff\xfe', 'x'.repeat(2_000)],
  origin: ['null', 'https://evil.example'],
  traceparent: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-0-0-0', 'x'],
  'x-kreki-caller': ['emergency'],
  'l5d-client-id': ['emergency.kreki.serviceaccount.identity.linkerd.cluster.local'],
  'x-hub-signature-256': ['sha256=', `sha256=${'0'.repeat(64)}`, 'x'],
  cookie: ['a=b; a=b'],
};

const header = fc
  .constantFrom(...Object.keys(HEADERS))
  .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...(HEADERS[name] ?? ['']))));

const setHeader: fc.Arbitrary<Mutation> = header.map(([name, value]) => (request) => ({
  ...request,
  headers: { ...request.headers, [name]: value },
}));

const dropHeader: fc.Arbitrary<Mutation> = fc
  .constantFrom('content-type', 'te', 'connect-protocol-version')
  .map((name) => (request) => {
    const { [name]: _, ...headers } = request.headers;
    return { ...request, headers };
  });

const onBody =
  (change: (body: Buffer) => Uint8Array): Mutation =>
  (request) =>
    request.body?.length ? { ...request, body: change(Buffer.from(request.body)) } : request;

/** A place within the body, as a part of its length. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const truncate = place.map((part) => onBody((body) => body.subarray(0, Math.floor(part * body.length))));

const flip = fc.tuple(place, fc.nat(7)).map(([part, bit]) =>
  onBody((body) => {
    const at = Math.floor(part * body.length);
    body.writeUInt8((body[at] ?? 0) ^ (1 << bit), at);
    return body;
  }),
);

const insert = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([part, bytes]) =>
  onBody((body) => {
    const at = Math.floor(part * body.length);
    return Buffer.concat([body.subarray(0, at), bytes, body.subarray(at)]);
  }),
);

const twice = fc.constant(onBody((body) => Buffer.concat([body, body])));

/** The first byte and the four after it, which frame a message of a stream. */
const reframe = fc
  .tuple(fc.nat(255), fc.constantFrom(0, 1, 100, 0x00100001, 0x7fffffff, 0xffffffff))
  .map(([flags, length]) =>
    onBody((body) => {
      if (body.length < 5) return body;
      body.writeUInt8(flags, 0);
      if (flags % 2 === 0) body.writeUInt32BE(length, 1);
      return body;
    }),
  );

const compress = fc.constantFrom(['gzip', gzipSync] as const, ['br', brotliCompressSync] as const).map(
  ([name, pack]): Mutation =>
    (request) => ({
      ...onBody(pack)(request),
      headers: { ...request.headers, 'content-encoding': name },
    }),
);

const method: fc.Arbitrary<Mutation> = fc
  .constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE')
  .map((name) => (request) => ({ ...request, method: name }));

const path: fc.Arbitrary<Mutation> = fc
  .constantFrom<(path: string) => string>(
    (old) => `${old}${old.includes('?') ? '&' : '?'}pageSize=1&page_size=x`,
    (old) => `${old}?connect=v1&encoding=json&message=%7B%7D`,
    (old) => `${old}?connect=v1&encoding=proto&base64=1&compression=gzip&message=AAAA`,
    (old) => `/${old}`,
    (old) => `${old}/`,
    (old) => `/x/..${old}`,
    // Not the first: a path that begins otherwise is no HTTP/2, and ends its stream before anybody could answer it.
    (old) => old.replace(/(?<!^)\/(?=[^/]*$)/, '%2f'),
    (old) => old.toUpperCase(),
    (old) => `${old}:x`,
    (old) => `${old}?%`,
    (old) => `${old}?a[]=1&__proto__.x=1&constructor=2`,
    (old) => `${old}/${'a/'.repeat(500)}`,
  )
  .map((change) => (request) => ({ ...request, path: change(request.path) }));

/** Nothing for most requests, else up to three things. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Mutation[]>([]) },
  {
    weight: 4,
    arbitrary: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: setHeader },
        { weight: 1, arbitrary: dropHeader },
        { weight: 2, arbitrary: truncate },
        { weight: 3, arbitrary: flip },
        { weight: 1, arbitrary: insert },
        { weight: 1, arbitrary: twice },
        { weight: 2, arbitrary: reframe },
        { weight: 1, arbitrary: compress },
        { weight: 1, arbitrary: method },
        { weight: 2, arbitrary: path },
      ),
      { minLength: 1, maxLength: 3 },
    ),
  },
);
