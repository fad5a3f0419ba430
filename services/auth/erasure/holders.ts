import { type Client, Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { HEADER } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { type ServiceName, services } from '../../../mesh/topology.ts';

/** The other services that hold something of people. */
export type Holders = ReadonlyMap<string, Client<typeof PersonalDataService>>;

type Holder = Exclude<ServiceName, 'auth'>;

/** Those that the topology lets KREKI ID ask. */
export const HOLDERS = (Object.entries(services.auth.calls) as [Holder, readonly string[]][])
  .filter(([, called]) => called.includes(PersonalDataService.typeName))
  .map(([name]) => name);

/** Where somebody may be in the middle of something. The others need not answer for somebody to be erased. */
const IN_THE_MIDDLE: readonly Holder[] = ['emergency'];

/** Options of calls that KREKI ID makes on its own behalf, not with the person's token, for a request of theirs. */
export function onOwnBehalf({ requestHeader, signal }: HandlerContext) {
  const requestId = requestHeader.get(HEADER.requestId);
  return { signal, headers: new Headers(requestId ? { [HEADER.requestId]: requestId } : {}) };
}

/**
 * Throws unless a person can be let go of now: FAILED_PRECONDITION with the reason of the service that cannot, UNAVAILABLE with reason
 * `CANNOT_BE_CHECKED` when it does not say.
 */
export async function requireFree(holders: Holders, userId: string, rpc: HandlerContext): Promise<void> {
  for (const service of IN_THE_MIDDLE) {
    const holder = holders.get(service);
    await holder?.checkErasure({ userId }, onOwnBehalf(rpc)).catch((error: unknown) => {
      if (error instanceof ConnectError && error.code === Code.FailedPrecondition) throw error;
      const message = 'it cannot be checked now whether an emergency depends on this person; try again';
      throw fail(Code.Unavailable, 'CANNOT_BE_CHECKED', message, { service }, error);
    });
  }
}
