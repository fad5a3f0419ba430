import {
  create,
  type DescField,
  fromJson,
  type JsonObject,
  type Registry as TypeRegistry,
  toJson,
} from '@bufbuild/protobuf';
import { isFieldError, type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { Code } from '@connectrpc/connect';
import { type HttpBody, HttpBodySchema } from '@kreki/gen/google/api/httpbody_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Message } from '../registry.ts';
import { type Binder, createBinder, isObject } from './bind.ts';
import { parseJson } from './body.ts';
import { findUnknownEnumValue } from './locate.ts';
import type { Match } from './router.ts';
import type { Route } from './routes.ts';

/** Turns the requests of one route into its RPC's messages, and answers into what is sent. */
export interface Transcoder {
  /** Throws INVALID_ARGUMENT naming what is wrong. */
  request(match: Match, query: URLSearchParams, body: Buffer, contentType: string | undefined): Message;
  response(message: Message): { readonly contentType: string; readonly body: string | Uint8Array };
}

export const JSON_TYPE = 'application/json';

export function createTranscoder(route: Route, types: TypeRegistry): Transcoder {
  const { input, output } = route.target.method;
  const binder = createBinder(input);
  const raw = typeof route.body === 'object' && isHttpBody(route.body) ? route.body : undefined;
  const rawAnswer = route.responseBody && isHttpBody(route.responseBody) ? route.responseBody : undefined;

  return {
    request(match, query, body, contentType) {
      const json = raw ? {} : fromBody(route, body, contentType);
      bindQuery(route, binder, json, query);
      for (const [field, value] of match.variables) binder.set(json, field, [value]);
      const message = decode(input, json, types);
      if (raw) {
        const value = create(HttpBodySchema, { contentType: contentType ?? '', data: body });
        reflect(input, message).set(raw, reflect(HttpBodySchema, value));
      }
      return message;
    },

    response(message) {
      if (rawAnswer) {
        const { contentType, data } = (reflect(output, message).get(rawAnswer) as ReflectMessage).message as HttpBody;
        return { contentType: contentType || 'application/octet-stream', body: data };
      }
      return { contentType: JSON_TYPE, body: toText(route, message, types) };
    },
  };
}

function fromBody(route: Route, body: Buffer, contentType: string | undefined): JsonObject {
  if (!route.body) {
    if (body.length > 0) throw fail(Code.InvalidArgument, 'UNEXPECTED_BODY', 'a body is not expected here');
    return {};
  }
  const json = parseJson(body, contentType);
  if (route.body !== '*') return { [route.body.jsonName]: json };
  if (!isObject(json)) throw fail(Code.InvalidArgument, 'BAD_JSON', 'the body must be a JSON object');
  return json;
}

/** A query says what the body does not; where the body is the whole message, nothing is left for it. */
function bindQuery(route: Route, binder: Binder, json: JsonObject, query: URLSearchParams): void {
  for (const name of new Set(query.keys())) {
    const first = name.split('.', 1)[0];
    const inBody = route.body === '*' || (route.body && (first === route.body.name || first === route.body.jsonName));
    if (inBody) {
      throw fail(Code.InvalidArgument, 'UNKNOWN_PARAMETER', `"${name}" belongs in the body, not in the query`, {
        parameter: name,
      });
    }
    binder.set(json, name, query.getAll(name));
  }
}

function decode(input: Route['target']['method']['input'], json: JsonObject, types: TypeRegistry): Message {
  try {
    return fromJson(input, json, { registry: types });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const unknown = /key "([^"]*)" is unknown/.exec(message)?.[1];
    if (unknown !== undefined) {
      const metadata = { field: unknown };
      throw fail(Code.InvalidArgument, 'UNKNOWN_FIELD', `there is no field "${unknown}" here`, metadata, error);
    }
    const wrongEnum = findUnknownEnumValue(input, json);
    if (wrongEnum) {
      const said = message.replace(/^.* from JSON: /, '');
      throw fail(Code.InvalidArgument, 'BAD_FIELD', `${wrongEnum} has no value ${said}`, { field: wrongEnum }, error);
    }
    const cause = error instanceof Error ? error.cause : undefined;
    const field = isFieldError(cause) ? cause.field().name : undefined;
    throw fail(Code.InvalidArgument, 'BAD_FIELD', message, field ? { field } : {}, error);
  }
}

/** Fields at their default are written too, so that a reader finds each where the contract says it is. */
function toText({ target, responseBody }: Route, message: Message, types: TypeRegistry): string {
  const json = toJson(target.method.output, message, { alwaysEmitImplicit: true, registry: types });
  return JSON.stringify(responseBody && isObject(json) ? (json[responseBody.jsonName] ?? null) : json);
}

const isHttpBody = (field: DescField): boolean =>
  field.fieldKind === 'message' && field.message.typeName === HttpBodySchema.typeName;
