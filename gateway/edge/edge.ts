import type { Registry as TypeRegistry } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { Audit } from '@kreki/gen/kreki/options/v1/options_pb.js';
import type { Logger } from '@kreki/runtime/log';
import { authorize } from '@kreki/runtime/rpc/interceptors/access';
import type { Exchange } from '../http/exchange.ts';
import type { EdgeMethod } from '../registry.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { presentable } from './errors.ts';
import { type AdmittedCall, forward } from './forward.ts';
import { upstreamHeaders } from './headers.ts';
import type { Identity } from './identity.ts';
import type { Limits } from './limits.ts';
import { type Observed, observe } from './observe.ts';
import { PassingStreams } from './passing-streams.ts';
import { refused } from './refused.ts';
import type { Room } from './room.ts';

/** The way of every call through the edge, whichever protocol it came by. */
export interface Edge {
  /**
   * Decides by the contract's rules whether a call goes on: whether there is room for it, who calls, whether the token still holds, whether
   * they call too often, and whether the rules let them. Throws the ConnectError to answer with; the request's body need not be read before. Where refusals go on record, the
   * call that comes back throws it.
   */
  admit(target: EdgeMethod, exchange: Exchange): Promise<AdmittedCall>;
}

export interface EdgeParts {
  readonly upstreams: Upstreams;
  readonly identity: Identity;
  readonly limits: Limits;
  readonly room: Room;
  readonly types: TypeRegistry;
  readonly log: Logger;
  /** Ends streams when the edge stops; its reason is what they are told. */
  readonly shutdown: AbortSignal;
}

export function createEdge({ upstreams, identity, limits, room, types, log, shutdown }: EdgeParts): Edge {
  /** Answers with the refusal of a call that the service is to hear of, and throws every other one. */
  const check = async (
    target: EdgeMethod,
    exchange: Exchange,
    observed: Observed,
  ): Promise<ConnectError | undefined> => {
    await room.take(target, exchange);
    const known = await identity.read(exchange).catch((error: unknown) => ({ error }));
    if ('error' in known) {
      // Whoever tries tokens is counted as well.
      await limits.take(target, exchange.clientIp);
      throw known.error;
    }
    const { caller } = known;
    // Both leave in the same turn of the event loop, and so in one round trip to Redis.
    const answered = observed.asksRedis('limits and revocations');
    const steps = await Promise.allSettled([
      identity.confirm(known),
      limits.take(target, exchange.clientIp, caller.kind === 'person' ? caller.userId : undefined),
    ]);
    answered();
    for (const step of steps) if (step.status === 'rejected') throw step.reason;
    try {
      authorize(caller, target.rules);
    } catch (error) {
      const known = error instanceof ConnectError && error.code === Code.PermissionDenied;
      if (known && target.rules.audit !== Audit.UNSPECIFIED) return error;
      throw error;
    }
    return undefined;
  };

  const endings = { shutdown, passing: new PassingStreams(shutdown) };

  return {
    async admit(target, exchange) {
      const observed = observe(target, exchange, log);
      const refuse = (error: unknown) => {
        const shown = presentable(error, { types, traceId: observed.traceId, log });
        observed.failed(shown);
        return shown;
      };
      const refusal = await check(target, exchange, observed).catch((error: unknown) => {
        throw refuse(error);
      });
      const upstream = upstreams[target.upstream];
      const headers = upstreamHeaders(target, exchange, observed.context);
      if (refusal) return refused(target, upstream, headers, refuse(refusal));
      return forward(target, upstream, headers, refuse, endings);
    },
  };
}
