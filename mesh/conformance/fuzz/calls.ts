import { create, type DescMethod } from '@bufbuild/protobuf';
import { pathOf } from '@kreki/runtime/rpc/rules';
import fc from 'fast-check';
import { validMessage } from '../messages/valid.ts';
import { ENDS_CALLER } from '../objects.ts';
import { enveloped } from '../wire/envelope.ts';
import type { HttpRequest } from '../wire/http.ts';
import { type Protocol, streams, takesStream } from '../wire/protocol.ts';
import { protocols } from '../wire/protocols.ts';
import { bindingOf } from '../wire/rest.ts';
import { anyBytes } from './bytes.ts';
import { anyJson } from './json.ts';
import { mutations } from './mutations.ts';
import { anyRest } from './rest.ts';

/** One request of the fuzzer, and who sends it. */
export interface FuzzCall {
  /** `kreki.auth.v1.AuthService/Login`, or a path. */
  readonly target: string;
  readonly protocol: string;
  readonly caller: string;
  /** Whether it comes from the network that many others come from too, so that limits are met. */
  readonly crowded: boolean;
  readonly request: HttpRequest;
}

export interface FuzzSettings {
  readonly methods: readonly DescMethod[];
  readonly callers: readonly string[];
  /** Texts that name what exists. */
  readonly known: readonly string[];
}

/** RPCs that cost much, or cost the caller their session or their rights. */
const RARE: ReadonlySet<string> = new Set([
  ...ENDS_CALLER,
  'kreki.auth.v1.AuthService/Register',
  'kreki.auth.v1.AuthService/Login',
  'kreki.auth.v1.AuthService/ChangePassword',
  'kreki.auth.v1.UserAdminService/DeactivateUser',
  'kreki.auth.v1.UserAdminService/UpdateUserRole',
  'kreki.auth.v1.UserAdminService/UpsertRole',
]);

const PAGES = [
  '/',
  '/healthz',
  '/readyz',
  '/docs',
  '/docs/app.js',
  '/openapi.json',
  '/favicon.ico',
  '/api',
  '/metrics',
];

/** Any request: by the contract, beside it, or damaged on its way. */
export function anyCall({ methods, callers, known }: FuzzSettings): fc.Arbitrary<FuzzCall> {
  const isRare = (method: DescMethod) => RARE.has(nameOf(method));
  const ofMethod = (chosen: readonly DescMethod[]) =>
    fc
      .constantFrom(...chosen.flatMap((method) => carrying(method, known)))
      .chain((sent) => fc.tuple(fc.constant(sent), sent.requests));
  const page = fc.constantFrom(...PAGES).map((path): [Pick<Sent, 'target' | 'protocol'>, HttpRequest] => [
    { target: path, protocol: 'page' },
    { version: 1, method: 'GET', path, headers: {} },
  ]);
  const base = fc.oneof(
    { weight: 60, arbitrary: ofMethod(methods.filter((method) => !isRare(method))) },
    { weight: 2, arbitrary: ofMethod(methods.filter(isRare)) },
    { weight: 1, arbitrary: page },
  );
  const crowded = fc.nat(9).map((number) => number === 0);
  return fc
    .tuple(base, mutations, fc.constantFrom(...callers), crowded)
    .map(([[{ target, protocol }, request], changes, caller, fromCrowd]) => ({
      target,
      protocol,
      caller,
      crowded: fromCrowd,
      request: changes.reduce((changed, change) => change(changed), request),
    }));
}

/** An RPC over one of the protocols that carry it. */
interface Sent {
  readonly target: string;
  readonly protocol: string;
  readonly requests: fc.Arbitrary<HttpRequest>;
}

const nameOf = (method: DescMethod): string => pathOf(method).slice(1);

const carrying = (method: DescMethod, known: readonly string[]): Sent[] =>
  protocols
    .filter((protocol) => protocol.carries(method))
    .map((protocol) => ({
      target: nameOf(method),
      protocol: protocol.name,
      requests: fc.oneof(
        { weight: 3, arbitrary: validMessage(method.input).map((message) => protocol.request(method, message)) },
        { weight: 5, arbitrary: anyRequest(protocol, method, known) },
      ),
    }));

function anyRequest(protocol: Protocol, method: DescMethod, known: readonly string[]): fc.Arbitrary<HttpRequest> {
  const plain = () => protocol.request(method, create(method.input));
  const bytes = anyBytes(method.input, known);
  const framed = fc
    .array(bytes, { minLength: 1, maxLength: takesStream(method) ? 4 : 1 })
    .map((messages) => Buffer.concat(messages.map((each) => enveloped(each))));
  switch (protocol.name) {
    case 'REST': {
      const binding = bindingOf(method);
      if (!binding) throw new Error(`${method.name} has no route`);
      return anyRest(binding, method.input, known);
    }
    case 'Connect JSON':
      return anyJson(method.input, known)
        .map((text) => Buffer.from(text))
        .map((body) => ({ ...plain(), body: streams(method) ? enveloped(body) : body }));
    case 'Connect Protobuf':
      return streams(method)
        ? framed.map((body) => ({ ...plain(), body }))
        : bytes.map((body) => ({ ...plain(), body }));
    case 'Connect GET':
      return bytes.map((body) => ({
        ...plain(),
        path: plain().path.replace(/message=[^&]*/, `message=${Buffer.from(body).toString('base64url')}`),
      }));
    case 'gRPC-Web':
    case 'gRPC':
      return framed.map((body) => ({ ...plain(), body }));
    default:
      return protocol.name satisfies never;
  }
}
