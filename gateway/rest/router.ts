import type { Route } from './routes.ts';
import type { Template } from './template.ts';

/** A route with what its path's variables hold, still percent-decoded segment by segment. */
export interface Match {
  readonly route: Route;
  readonly variables: readonly (readonly [field: string, value: string])[];
}

export type Found =
  | { readonly kind: 'match'; readonly match: Match }
  /** The path is known, but not with this HTTP method. */
  | { readonly kind: 'wrong-method'; readonly allowed: readonly string[] }
  | { readonly kind: 'none' };

interface Node {
  readonly literals: Map<string, Node>;
  any: Node | undefined;
  /** Routes that end here, by custom verb and HTTP method. */
  readonly ends: Map<string, Map<string, Route>>;
  readonly rests: Map<string, Map<string, Route>>;
}

const newNode = (): Node => ({ literals: new Map(), any: undefined, ends: new Map(), rests: new Map() });

/** Finds routes in a tree of path segments; what is given literally wins over what is variable. */
export class Router {
  readonly #root = newNode();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  find(httpMethod: string, path: string): Found {
    const segments = path.slice(1).split('/');
    const allowed = new Set<string>();
    for (const [verb, matched] of readings(segments)) {
      // A path that is literal for one method may be variable for another: PATCH /volunteers/me beside GET /volunteers/{id}.
      for (const byMethod of this.#walk(this.#root, matched, 0, verb)) {
        const route = byMethod.get(httpMethod) ?? (httpMethod === 'HEAD' ? byMethod.get('GET') : undefined);
        if (route) {
          const variables = captured(route.template, matched);
          return variables ? { kind: 'match', match: { route, variables } } : { kind: 'none' };
        }
        for (const method of byMethod.keys()) allowed.add(method);
      }
    }
    return allowed.size === 0 ? { kind: 'none' } : { kind: 'wrong-method', allowed: [...allowed].sort() };
  }

  #add(route: Route): void {
    let node = this.#root;
    const { segments, verb } = route.template;
    for (const segment of segments) {
      if (segment === '**') break;
      if (segment === '*') {
        node.any ??= newNode();
        node = node.any;
      } else {
        const next = node.literals.get(segment.literal) ?? newNode();
        node.literals.set(segment.literal, next);
        node = next;
      }
    }
    const table = segments.at(-1) === '**' ? node.rests : node.ends;
    const byMethod = table.get(verb) ?? new Map<string, Route>();
    const taken = byMethod.get(route.httpMethod);
    if (taken) throw new Error(`${taken.target.name} and ${route.target.name} share ${route.httpMethod} ${route.path}`);
    byMethod.set(route.httpMethod, route);
    table.set(verb, byMethod);
  }

  /** Routes that end where the path does, by HTTP method, the most literal first. */
  *#walk(
    node: Node,
    path: readonly string[],
    index: number,
    verb: string,
  ): Generator<ReadonlyMap<string, Route>, void, undefined> {
    const segment = path[index];
    if (segment === undefined) {
      const ends = node.ends.get(verb);
      if (ends) yield ends;
    } else {
      const literal = node.literals.get(segment);
      if (literal) yield* this.#walk(literal, path, index + 1, verb);
      if (node.any && segment !== '') yield* this.#walk(node.any, path, index + 1, verb);
    }
    const rests = node.rests.get(verb);
    if (rests) yield rests;
  }
}

/** The ways to read a path: what follows the last colon is a custom verb where there is one of that name, else part of the path. */
function readings(path: readonly string[]): (readonly [verb: string, path: readonly string[]])[] {
  const last = path.at(-1) ?? '';
  const colon = last.lastIndexOf(':');
  const plain = ['', path] as const;
  if (colon < 0) return [plain];
  return [[last.slice(colon + 1), [...path.slice(0, -1), last.slice(0, colon)]], plain];
}

/** Undefined when a segment's percent-encoding is broken. */
function captured(template: Template, path: readonly string[]): Match['variables'] | undefined {
  try {
    return template.captures.map(({ field, start, end }) => [
      field,
      path.slice(start, end).map(decodeURIComponent).join('/'),
    ]);
  } catch {
    return undefined;
  }
}
