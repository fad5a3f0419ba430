import { Code, ConnectError, createContextValues, type HandlerContext, type MethodImplSpec } from '@connectrpc/connect';
import type * as grpc from '@grpc/grpc-js';
import { peerKey } from '../caller.ts';
import { LINKERD_CLIENT_ID } from '../identity/linkerd.ts';
import { CALLER_LEFT } from './deadline.ts';
import type { Binding } from './handlers.ts';
import { toHeaders } from './metadata.ts';
import { pathOf, rulesOf } from './rules.ts';
import type { Shutdown } from './shutdown.ts';

const ENDED = new ConnectError('the call has ended', Code.Canceled);

/**
 * Peer, headers, deadline, and a signal that aborts when the call ends in any way: the library's own makes three of it, and copies of headers.
 * A stream holds it for hours: headers that nobody sets are not made.
 */
export class Handling implements HandlerContext {
  readonly protocolName = 'grpc';
  readonly requestMethod = 'POST';
  readonly service: HandlerContext['service'];
  readonly method: HandlerContext['method'];
  readonly url: string;
  readonly requestHeader: Headers;
  readonly values: HandlerContext['values'];
  readonly signal: AbortSignal;
  readonly #ended = new AbortController();
  readonly #deadlineMs: number | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #shutdown: Shutdown | undefined;
  readonly #stop = (reason: Error) => this.#ended.abort(reason);
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;

  constructor(call: grpc.ServerUnaryCall<unknown, unknown>, { method, kind }: MethodImplSpec, to: Binding) {
    this.service = method.parent;
    this.method = method;
    this.signal = this.#ended.signal;
    this.url = `http://${call.getHost()}${pathOf(method)}`;
    call.once('cancelled', () => this.#ended.abort(CALLER_LEFT));
    this.values = createContextValues().set(peerKey, to.peerOf(call));
    // Who read it was the identity, if anybody may; nobody takes it for more than it is.
    call.metadata.remove(LINKERD_CLIENT_ID);
    this.requestHeader = toHeaders(call.metadata);
    const leftMs = timeLeftMs(call.getDeadline(), to.withoutRules ? undefined : rulesOf(method).deadlineMs);
    const timeOut = () => this.#ended.abort(new ConnectError('the operation timed out', Code.DeadlineExceeded));
    this.#deadlineMs = leftMs === undefined ? undefined : Date.now() + leftMs;
    this.#timer = leftMs === undefined ? undefined : setTimeout(timeOut, leftMs);
    if (kind === 'unary') return;
    for (const name of this.requestHeader.keys()) call.metadata.remove(name);
    this.#shutdown = to.shutdown;
    this.#shutdown.add(this.#stop);
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  readonly timeoutMs = (): number | undefined =>
    this.#deadlineMs === undefined ? undefined : this.#deadlineMs - Date.now();

  /** The same for who copies it, with everything as properties of its own. */
  copied(): HandlerContext {
    const { responseHeader, responseTrailer } = this;
    return { ...this, responseHeader, responseTrailer };
  }

  /** To be called when the call has ended in whichever way: its signal aborts. */
  end(): void {
    clearTimeout(this.#timer);
    this.#shutdown?.delete(this.#stop);
    this.#ended.abort(ENDED);
  }
}

function timeLeftMs(deadline: grpc.Deadline, limitMs: number | undefined): number | undefined {
  const left = Number(deadline) - Date.now();
  const shortest = Math.min(
    Number.isFinite(left) ? left : Number.POSITIVE_INFINITY,
    limitMs ?? Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(shortest) ? Math.max(shortest, 0) : undefined;
}
