import type { DescMethod } from '@bufbuild/protobuf';
import { Code, type ConnectRouter, createContextKey, type HandlerContext, type MethodImpl } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import type { Edge } from '../edge/edge.ts';
import type { AdmittedCall, CallOptions } from '../edge/forward.ts';
import { exchangeKey } from '../http/exchange.ts';
import type { EdgeMethod, Message, Registry } from '../registry.ts';
import { blameSender, requireReadableQuery } from './unreadable.ts';

type MethodKind = DescMethod['methodKind'];

const callKey = createContextKey<AdmittedCall | undefined>(undefined, { description: 'admitted call' });

/** Admits a call before its body is read; services of the edge itself, such as health, need no admission. */
export function admission(edge: Edge, registry: Registry): (context: HandlerContext) => Promise<void> {
  const targets = new Map<DescMethod, EdgeMethod>(registry.methods.map((target) => [target.method, target]));
  return async (context) => {
    blameSender(context, () => context.values.get(callKey)?.refusal);
    const target = targets.get(context.method);
    const exchange = context.values.get(exchangeKey);
    if (target && exchange) context.values.set(callKey, await edge.admit(target, exchange));
    requireReadableQuery(context);
  };
}

/** Routes every RPC of the registry to the service that answers it. */
export function addRoutes(router: ConnectRouter, registry: Registry): void {
  for (const { method } of registry.methods) router.rpc(method, implementation(method));
}

function implementation(method: DescMethod): MethodImpl<DescMethod> {
  return functionFor(method) as MethodImpl<DescMethod>;
}

function functionFor(method: DescMethod) {
  const kind: MethodKind = method.methodKind;
  switch (kind) {
    case 'unary':
      return (message: Message, context: HandlerContext) => callOf(context).unary(message, optionsOf(context));
    case 'server_streaming':
      return (message: Message, context: HandlerContext) => callOf(context).stream(one(message), optionsOf(context));
    case 'client_streaming':
      return async (messages: AsyncIterable<Message>, context: HandlerContext) => {
        for await (const answer of callOf(context).stream(messages, optionsOf(context))) return answer;
        throw fail(Code.Internal, 'NO_ANSWER', 'the service ended the call without an answer');
      };
    case 'bidi_streaming':
      return (messages: AsyncIterable<Message>, context: HandlerContext) =>
        callOf(context).stream(messages, optionsOf(context));
    default:
      return kind satisfies never;
  }
}

function callOf(context: HandlerContext): AdmittedCall {
  const call = context.values.get(callKey);
  if (!call) throw new Error(`${context.method.toString()} was not admitted`);
  return call;
}

const optionsOf = (context: HandlerContext): CallOptions => ({
  signal: context.signal,
  timeoutMs: context.timeoutMs(),
});

async function* one(message: Message) {
  yield message;
}
