import type { DescMethod } from '@bufbuild/protobuf';
import type { Registry } from '../registry.ts';
import { routesOf } from '../rest/routes.ts';
import { commentOf } from './comments.ts';
import { operationOf } from './operations.ts';
import { type Schema, Schemas } from './schema.ts';

/** The OpenAPI 3.1 document of everything the edge offers over REST, from the contracts alone. */
export function openApiDocument({ services, methods }: Registry): Schema {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, Schema>> = {};
  const seen = new Map<DescMethod, number>();
  for (const route of routesOf(methods)) {
    const index = seen.get(route.target.method) ?? 0;
    seen.set(route.target.method, index + 1);
    const path = route.path.replace(/\{([\w.]+)=[^}]*\}/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.httpMethod.toLowerCase()] = operationOf(route, index, schemas);
  }
  const tags = services.map((service) => {
    const elsewhere = methods.filter(({ method }) => method.parent === service && !seen.has(method));
    const onlyRpc = elsewhere.map(({ method }) => `\`${method.name}\``).join(', ');
    const also = onlyRpc && `Over gRPC and Connect only: ${onlyRpc}.`;
    return { name: service.name, description: [commentOf(service.typeName), also].filter(Boolean).join('\n\n') };
  });
  return {
    openapi: '3.1.0',
    info: { title: 'KREKI mesh', version: 'v1', description: INTRODUCTION },
    servers: [{ url: '/' }],
    tags,
    paths,
    components: {
      schemas: { ...sorted(schemas.components), Error: ERROR },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

const sorted = (schemas: Record<string, Schema>) =>
  Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1)));

const INTRODUCTION = [
  'Bodies are proto3 JSON. The same RPCs are offered over Connect and gRPC-Web on this port, and over gRPC and Connect on the',
  'HTTP/2 port, where server reflection describes them. Sign in with `POST /api/auth/login` and send the access token as',
  '`Authorization: Bearer …`. Every answer carries `x-request-id`, and `x-trace-id` where a service was asked.',
].join(' ');

const ERROR: Schema = {
  type: 'object',
  description:
    'What every error looks like. Programs go by `code` and by `reason` in the details; people read `message`.',
  properties: {
    code: { type: 'string', description: 'The gRPC code in lower case, such as `invalid_argument`.' },
    message: { type: 'string' },
    details: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          type: { type: 'string', description: 'Such as `google.rpc.ErrorInfo` or `buf.validate.Violations`.' },
          value: { type: 'string', contentEncoding: 'base64', description: 'The message in Protobuf.' },
          debug: {
            description: 'The message in JSON.',
            type: 'object',
            properties: {
              reason: { type: 'string' },
              domain: { type: 'string' },
              metadata: { type: 'object', additionalProperties: { type: 'string' } },
            },
          },
        },
      },
    },
  },
  required: ['code'],
};
