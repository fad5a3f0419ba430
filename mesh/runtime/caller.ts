import { Code, createContextKey, type HandlerContext } from '@connectrpc/connect';
import { fail } from './errors.ts';

/** Names of the headers that the mesh speaks with itself; the edge takes none of them from outside. */
export const HEADER = {
  clientIp: 'x-kreki-client-ip',
  requestId: 'x-kreki-request-id',
  userAgent: 'x-kreki-user-agent',
} as const;

/** A person who is signed in. */
export interface Person {
  readonly kind: 'person';
  readonly userId: string;
  readonly sessionId: string;
  readonly role: string;
  readonly permissions: ReadonlySet<string>;
  /** Whether the person's role grants `resource:action`. */
  can(permission: string): boolean;
}

/** A process of the mesh that calls on its own behalf. */
export interface ServiceCaller {
  readonly kind: 'service';
  readonly name: string;
}

export type Caller = Person | ServiceCaller | { readonly kind: 'nobody' };

export const NOBODY: Caller = { kind: 'nobody' };

/** The process at the edge: it calls for people, never on its own behalf. */
export const EDGE = 'gateway';

/** Where the runtime leaves the name of the process at the other end of the connection. */
export const peerKey = createContextKey<string | undefined>(undefined, { description: 'peer' });

/** The process of the mesh that made this call, whoever it called for; empty when it has no identity. */
export const peerOf = (context: Pick<HandlerContext, 'values'>): string => context.values.get(peerKey) ?? '';

/** Where the runtime's interceptor leaves the caller it found. */
export const callerKey = createContextKey<Caller>(NOBODY, { description: 'caller' });

export const callerOf = (context: Pick<HandlerContext, 'values'>): Caller => context.values.get(callerKey);

/** The person calling; UNAUTHENTICATED with reason `SIGN_IN_REQUIRED` when it is nobody or a service. */
export function personOf(context: Pick<HandlerContext, 'values'>): Person {
  const caller = callerOf(context);
  if (caller.kind !== 'person') throw fail(Code.Unauthenticated, 'SIGN_IN_REQUIRED', 'sign in to do this');
  return caller;
}

/** Network address of the person's device, as the edge saw it; empty inside the mesh. */
export const clientAddress = (context: Pick<HandlerContext, 'requestHeader'>): string =>
  context.requestHeader.get(HEADER.clientIp) ?? '';

/** User agent of the person's device, as the edge saw it. */
export const userAgent = (context: Pick<HandlerContext, 'requestHeader'>): string =>
  context.requestHeader.get(HEADER.userAgent) ?? '';
