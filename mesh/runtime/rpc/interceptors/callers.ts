import { Code, type Interceptor } from '@connectrpc/connect';
import { peerKey } from '../../caller.ts';
import type { ServiceDescription } from '../../config.ts';
import { fail } from '../../errors.ts';
import { type Logger, seldom } from '../../log.ts';

/** Lets in the processes that the topology lets call a Protobuf service, whoever they call for. The contract's own rules come after. */
export function callers(allowed: ServiceDescription['callers'], log: Logger): Interceptor {
  const names = new Map(Object.entries(allowed).map(([service, processes]) => [service, new Set(processes)]));
  const warn = seldom(log);
  return (next) => async (request) => {
    const service = request.service.typeName;
    const caller = request.contextValues.get(peerKey);
    if (caller !== undefined && names.get(service)?.has(caller)) return next(request);
    const rpc = `${service}/${request.method.name}`;
    warn(`${caller} ${rpc}`, { caller, rpc }, 'call refused: the topology does not have it');
    const who = caller ?? 'a process without identity';
    throw fail(Code.PermissionDenied, 'CALLER_NOT_ALLOWED', `${who} may not call ${service}`, {
      caller: caller ?? '',
      service,
    });
  };
}
