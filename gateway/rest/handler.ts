import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import { unknownRpc } from '../connect/unknown-rpc.ts';
import type { Edge } from '../edge/edge.ts';
import { type Exchange, header, pathOf, untilCallerLeaves } from '../http/exchange.ts';
import type { BodyLimits } from '../http/read-body.ts';
import type { Message, Registry } from '../registry.ts';
import { sendBody, sendError } from './answer.ts';
import { readRestBody } from './body.ts';
import { HttpFailure } from './failure.ts';
import { type Match, Router } from './router.ts';
import { type Route, routesOf } from './routes.ts';
import { framingFor, sendStream } from './stream.ts';
import { createTranscoder, type Transcoder } from './transcode.ts';

export interface RestOptions {
  readonly registry: Registry;
  readonly edge: Edge;
  readonly body: BodyLimits;
}

/** Answers what is asked over REST: every request that is no RPC of Connect, gRPC or gRPC-Web. */
export type RestHandler = (exchange: Exchange) => Promise<void>;

export function createRestHandler({ registry, edge, body }: RestOptions): RestHandler {
  const routes = routesOf(registry.methods);
  const router = new Router(routes);
  const transcoders = new Map<Route, Transcoder>(
    routes.map((route) => [route, createTranscoder(route, registry.types)]),
  );

  const answer = async (exchange: Exchange, match: Match, query: URLSearchParams, signal: AbortSignal) => {
    const { request, response } = exchange;
    const { route } = match;
    const transcoder = transcoders.get(route);
    if (!transcoder) throw new Error(`${route.path} has no transcoder`);
    const call = await edge.admit(route.target, exchange);
    const read = async () =>
      transcoder.request(match, query, await readRestBody(exchange, body), header(request, 'content-type'));
    const message = await read().catch((error: unknown) => {
      throw call.refusal ?? error;
    });
    if (route.target.method.methodKind === 'unary') {
      const { contentType, body: sent } = transcoder.response(await call.unary(message, { signal }));
      sendBody(response, 200, contentType, sent);
      return;
    }
    const write = (one: Message) => String(transcoder.response(one).body);
    const framing = framingFor(header(request, 'accept'));
    await sendStream(response, call.stream(only(message), { signal }), framing, {
      write,
      types: registry.types,
      signal,
    });
  };

  return async (exchange) => {
    const { request, response } = exchange;
    const signal = untilCallerLeaves(exchange);
    try {
      const path = pathOf(request);
      const unknown = unknownRpc(exchange);
      if (unknown === 'answered') return;
      if (unknown) throw unknown;
      const match = find(router, request.method ?? 'GET', path);
      const query = new URLSearchParams(request.url?.slice(path.length));
      await answer(exchange, match, query, signal);
    } catch (error) {
      sendError(response, error, registry.types);
    }
  };
}

function find(router: Router, httpMethod: string, path: string): Match {
  const found = router.find(httpMethod, path);
  switch (found.kind) {
    case 'match':
      return found.match;
    case 'wrong-method': {
      const allow = found.allowed.join(', ');
      const error = fail(Code.Unimplemented, 'METHOD_NOT_ALLOWED', `${path} takes ${allow}, not ${httpMethod}`);
      throw new HttpFailure(405, error, { allow });
    }
    case 'none':
      throw new HttpFailure(404, fail(Code.NotFound, 'NO_SUCH_ROUTE', `nothing is at ${httpMethod} ${path}`));
    default:
      return found satisfies never;
  }
}

async function* only(message: Message) {
  yield message;
}
