import { type DescMethodUnary, fromJson, getOption, type JsonValue, toJson } from '@bufbuild/protobuf';
import { Code, ConnectError, createContextValues, type Transport } from '@connectrpc/connect';
import { runUnaryCall } from '@connectrpc/connect/protocol';
import { errorFromJson } from '@connectrpc/connect/protocol-connect';
import { http } from '@kreki/gen/google/api/annotations_pb.js';

/** Calls RPCs by their REST routes, as `curl` would. Unary ones, whose route takes a body or names all fields in its path. */
export function createRestTransport({
  baseUrl,
  fetch,
}: {
  baseUrl: string;
  fetch: typeof globalThis.fetch;
}): Transport {
  return {
    async unary(method, signal, timeoutMs, header, input, contextValues) {
      return await runUnaryCall({
        req: {
          stream: false,
          service: method.parent,
          method,
          requestMethod: 'POST',
          url: baseUrl,
          header: new Headers(header),
          contextValues: contextValues ?? createContextValues(),
          message: input,
        },
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(signal && { signal }),
        next: async (request) => {
          const { verb, path, body } = bind(method, toJson(method.input, request.message) as Fields);
          request.header.set('content-type', 'application/json');
          const response = await fetch(baseUrl + path, {
            method: verb,
            headers: request.header,
            signal: request.signal,
            ...(body && { body: JSON.stringify(body) }),
          });
          const json = parse(await response.text());
          if (!response.ok) throw failure(json, response);
          const message = fromJson(method.output, json, { ignoreUnknownFields: true });
          return {
            stream: false,
            service: method.parent,
            method,
            header: response.headers,
            trailer: new Headers(),
            message,
          };
        },
      });
    },
    stream() {
      throw new ConnectError('streams go by another protocol', Code.Unimplemented);
    },
  };
}

type Fields = Record<string, JsonValue>;

function bind(method: DescMethodUnary, fields: Fields): { verb: string; path: string; body: Fields | undefined } {
  const rule = getOption(method, http);
  const { case: verb, value: template } = rule.pattern;
  if (verb === undefined || verb === 'custom') throw new Error(`${method.name} has no REST route`);
  const left = { ...fields };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const key = method.input.fields.find((field) => field.name === name)?.jsonName ?? name;
    const value = String(left[key] ?? '');
    delete left[key];
    return encodeURIComponent(value);
  });
  return { verb: verb.toUpperCase(), path, body: rule.body === '*' ? left : undefined };
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}

function failure(json: JsonValue, response: Response): ConnectError {
  const fallback = new ConnectError(`HTTP ${response.status}`, response.status < 500 ? Code.Unknown : Code.Unavailable);
  return errorFromJson(json, response.headers, fallback);
}
