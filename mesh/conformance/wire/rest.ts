import { type DescMethod, getOption, hasOption, type JsonObject, type JsonValue, toJson } from '@bufbuild/protobuf';
import { http } from '@kreki/gen/google/api/annotations_pb.js';
import { GARBAGE, unaryOutcome } from './connect.ts';
import type { HttpAnswer, HttpRequest } from './http.ts';
import { errorFrom, OK, type Outcome, outcomeOf } from './outcome.ts';
import { givesStream, type Protocol } from './protocol.ts';

/** Where an RPC is found over REST. */
export interface Binding {
  readonly httpMethod: string;
  /** Such as `/api/emergency/{id}`. */
  readonly template: string;
  /** What the body is: `*` for the whole message, a field of it, or empty. */
  readonly body: string;
}

/** Undefined for an RPC without a route. */
export function bindingOf(method: DescMethod): Binding | undefined {
  if (!hasOption(method, http)) return undefined;
  const { pattern, body } = getOption(method, http);
  if (pattern.case === undefined || pattern.case === 'custom') throw new Error(`${method.name} has no plain route`);
  return { httpMethod: pattern.case.toUpperCase(), template: pattern.value, body };
}

/** https://google.aip.dev/127, as google/api/http.proto has it. */
export const rest: Protocol = {
  name: 'REST',
  carries: (method) => hasOption(method, http),
  request(method, message) {
    const binding = bindingOf(method);
    if (!binding) throw new Error(`${method.name} has no route`);
    return requestOf(binding, toJson(method.input, message) as JsonObject);
  },
  garbled(request, method) {
    // A body that is passed on as it is can be read whatever is in it.
    const field = method.input.fields.find(({ name }) => name === bindingOf(method)?.body);
    const raw = field?.message?.typeName === 'google.api.HttpBody';
    if (request.body && !raw) return { ...request, body: GARBAGE };
    return { ...request, path: `${request.path}${request.path.includes('?') ? '&' : '?'}%ff=1` };
  },
  outcome: (method, answer) =>
    givesStream(method) && answer.status === 200 ? streamOutcome(answer) : unaryOutcome(answer),
  begun: (_method, received) => received.includes('\n'),
};

function requestOf({ httpMethod, template, body }: Binding, json: JsonObject): HttpRequest {
  const path = template.replace(/\{([\w.]+)(?:=[^{}]*)?\}/g, (_, field: string) =>
    encodeURIComponent(String(take(json, field) ?? '')),
  );
  const request = { version: 1 as const, method: httpMethod };
  if (body === '*') return { ...request, path, headers: JSON_TYPE, body: bytes(json) };
  const sent = body === '' ? undefined : (take(json, body) ?? {});
  const query = new URLSearchParams(flatten(json)).toString();
  const target = { ...request, path: query ? `${path}?${query}` : path };
  if (sent === undefined) return { ...target, headers: {} };
  return { ...target, headers: isHttpBody(sent) ? { 'content-type': sent.contentType } : JSON_TYPE, body: bytes(sent) };
}

const JSON_TYPE = { 'content-type': 'application/json' };

const bytes = (body: JsonValue): Buffer =>
  isHttpBody(body) ? Buffer.from(body.data, 'base64') : Buffer.from(JSON.stringify(body));

/** `google.api.HttpBody`, which is sent as what it holds. */
const isHttpBody = (value: JsonValue): value is { contentType: string; data: string } =>
  typeof value === 'object' && value !== null && 'contentType' in value && 'data' in value;

/** Takes a field out of a message's JSON, by its path in the contract's spelling. */
function take(json: JsonObject, path: string): JsonValue | undefined {
  const [first = '', ...rest] = path.split('.').map(camelCase);
  if (rest.length === 0) {
    const value = json[first];
    delete json[first];
    return value;
  }
  const inner = json[first];
  return typeof inner === 'object' && inner !== null ? take(inner as JsonObject, rest.join('.')) : undefined;
}

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function flatten(json: JsonObject, prefix = ''): [string, string][] {
  return Object.entries(json).flatMap(([name, value]): [string, string][] => {
    if (Array.isArray(value)) return value.map((each) => [`${prefix}${name}`, String(each)]);
    if (typeof value === 'object' && value !== null) return flatten(value, `${prefix}${name}.`);
    return [[`${prefix}${name}`, String(value)]];
  });
}

/** A stream ends with its error as the last line. */
function streamOutcome({ body }: HttpAnswer): Outcome {
  const last = body.toString().trim().split('\n').at(-1) ?? '';
  const inner = /^\{"error":(.*)\}$/.exec(last)?.[1];
  const error = inner === undefined ? undefined : errorFrom(inner);
  return error ? outcomeOf(error) : OK;
}
