import type { Interceptor } from '@connectrpc/connect';

/** What sends or answers a call. */
export type Calling = ReturnType<Interceptor>;

/** Puts interceptors before what sends or answers a call, the first outermost. */
export const compose = (interceptors: readonly Interceptor[] = [], last: Calling): Calling =>
  interceptors.reduceRight((next, interceptor) => interceptor(next), last);
