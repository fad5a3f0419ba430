import { type DescField, type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { http } from '@kreki/gen/google/api/annotations_pb.js';
import type { HttpRule } from '@kreki/gen/google/api/http_pb.js';
import type { EdgeMethod } from '../registry.ts';
import { parseTemplate, type Template } from './template.ts';

/** One REST binding of an RPC. */
export interface Route {
  readonly target: EdgeMethod;
  readonly httpMethod: string;
  readonly path: string;
  readonly template: Template;
  /** What the request's body is: the whole message, one field of it, or nothing. */
  readonly body: '*' | DescField | undefined;
  /** The field of the answer that is sent; the whole answer when undefined. */
  readonly responseBody: DescField | undefined;
}

/** Every REST binding that the contracts state. RPCs whose client streams have none: REST cannot carry them. */
export function routesOf(methods: readonly EdgeMethod[]): Route[] {
  return methods.flatMap((target) => {
    const { method } = target;
    if (!hasOption(method, http)) return [];
    if (method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming') {
      throw new Error(`${target.name} has a REST route, but takes a stream`);
    }
    const rule = getOption(method, http);
    return [rule, ...rule.additionalBindings].map((binding) => routeOf(target, binding));
  });
}

function routeOf(target: EdgeMethod, rule: HttpRule): Route {
  const { method } = target;
  const [httpMethod, path] = patternOf(rule, target.name);
  return {
    target,
    httpMethod,
    path,
    template: parseTemplate(path),
    body: rule.body === '' || rule.body === '*' ? rule.body || undefined : fieldOf(method, 'input', rule.body),
    responseBody: rule.responseBody === '' ? undefined : fieldOf(method, 'output', rule.responseBody),
  };
}

function patternOf({ pattern }: HttpRule, name: string): [httpMethod: string, path: string] {
  switch (pattern.case) {
    case 'get':
    case 'put':
    case 'post':
    case 'delete':
    case 'patch':
      return [pattern.case.toUpperCase(), pattern.value];
    case 'custom':
      return [pattern.value.kind.toUpperCase(), pattern.value.path];
    case undefined:
      throw new Error(`${name} has a REST route without a path`);
    default:
      return pattern satisfies never;
  }
}

function fieldOf(method: DescMethod, side: 'input' | 'output', name: string): DescField {
  const field = method[side].fields.find((candidate) => candidate.name === name);
  if (!field) throw new Error(`${method.toString()} names the field ${name}, which its ${side} does not have`);
  return field;
}
