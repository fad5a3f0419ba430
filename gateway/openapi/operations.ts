import { HttpBodySchema } from '@kreki/gen/google/api/httpbody_pb.js';
import { Audience, RateLimitKey } from '@kreki/gen/kreki/options/v1/options_pb.js';
import type { EdgeMethod } from '../registry.ts';
import type { Route } from '../rest/routes.ts';
import { commentOf } from './comments.ts';
import { type Parameter, parametersOf } from './parameters.ts';
import type { Schema, Schemas } from './schema.ts';

/** One operation of the document: an RPC under one of its REST routes. */
export function operationOf(route: Route, index: number, schemas: Schemas): Schema {
  const { target } = route;
  const { method, rules } = target;
  const comment = commentOf(`${method.parent.typeName}.${method.name}`);
  const parameters: Parameter[] = parametersOf(route, schemas);
  return {
    operationId: `${method.parent.name}_${method.name}${index === 0 ? '' : `_${index + 1}`}`,
    tags: [method.parent.name],
    summary: comment.split(/(?<=\.)\s/, 1)[0] ?? method.name,
    description: comment,
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: requestBody(route, schemas) }),
    responses: responses(route, schemas),
    security: rules.audience === Audience.PUBLIC ? [] : [{ bearer: [] }],
    'x-kreki-rpc': target.name,
    'x-kreki-access': accessOf(target),
    ...(rules.deadlineMs !== undefined && { 'x-kreki-deadline': `${rules.deadlineMs / 1_000}s` }),
    ...(rules.rateLimit && { 'x-kreki-rate-limit': limitOf(rules.rateLimit) }),
  };
}

function requestBody({ target, body, template }: Route, schemas: Schemas): Schema {
  const { input } = target.method;
  const inPath = new Set(template.captures.map(({ field }) => field));
  if (body === '*') {
    const fields = input.fields.filter(({ name }) => !inPath.has(name));
    const schema = fields.length === input.fields.length ? schemas.message(input) : schemas.object(input, fields);
    return { required: fields.length > 0, content: { 'application/json': { schema } } };
  }
  if (!body) return {};
  if (body.message?.typeName === HttpBodySchema.typeName) return { required: true, content: { '*/*': { schema: {} } } };
  const within = body.fieldKind === 'message' ? body.message : undefined;
  const left = within?.fields.filter(({ name }) => !inPath.has(`${body.name}.${name}`));
  const partial = within && left && left.length < within.fields.length;
  const schema = partial ? schemas.object(within, left) : schemas.field(body);
  return { required: true, content: { 'application/json': { schema } } };
}

function responses({ target, responseBody }: Route, schemas: Schemas): Schema {
  const { method, rules } = target;
  const refusal = (description: string) => ({ description, content: { 'application/json': { schema: ERROR } } });
  return {
    200: {
      description: commentOf(method.output.typeName) || 'The answer.',
      content: answerContent(),
    },
    400: refusal('The request breaks the contract; `message` and `details` name each field.'),
    ...(rules.audience !== Audience.PUBLIC && {
      401: refusal('No token, or one that does not hold: `SIGN_IN_REQUIRED`, `TOKEN_EXPIRED`, `TOKEN_REVOKED`, …'),
    }),
    ...(rules.audience === Audience.PERMITTED && { 403: refusal('The role does not permit it.') }),
    429: refusal('Too many calls; `retry-after` says in how many seconds to try again.'),
    default: refusal('Any other error.'),
  };

  function answerContent(): Schema {
    if (responseBody?.message?.typeName === HttpBodySchema.typeName) return { '*/*': { schema: {} } };
    const schema = responseBody ? schemas.field(responseBody) : schemas.message(method.output);
    if (method.methodKind === 'unary') return { 'application/json': { schema } };
    return { 'application/x-ndjson': { schema }, 'text/event-stream': { schema } };
  }
}

const ERROR: Schema = { $ref: '#/components/schemas/Error' };

function accessOf({ rules }: EdgeMethod): string {
  switch (rules.audience) {
    case Audience.PUBLIC:
      return 'anybody';
    case Audience.SIGNED_IN:
      return 'anybody who is signed in';
    case Audience.PERMITTED:
      return `permission ${rules.permission}`;
    case Audience.MESH:
    case Audience.UNSPECIFIED:
      return 'nobody outside';
    default:
      return rules.audience satisfies never;
  }
}

function limitOf(limit: NonNullable<EdgeMethod['rules']['rateLimit']>): string {
  const counted = limit.key === RateLimitKey.USER ? 'person' : 'network address';
  return `${limit.requests} in ${limit.windowMs / 1_000} s for each ${counted}`;
}
