import type { ConnectRouter } from '@connectrpc/connect';
import type * as runtime from '../../../mesh/runtime/rpc/handlers.ts';

/** A service of a contract with the functions that answer it, for connect-node's router. */
export interface ConnectImplementation extends runtime.Implementation {
  route(router: ConnectRouter): void;
}

/** In place of the runtime's: the same functions, given to connect-node. */
export const implement: typeof runtime.implement = (service, impl): ConnectImplementation => ({
  service,
  definition: {},
  bind: () => ({}),
  route: (router) => void router.service(service, impl),
});
