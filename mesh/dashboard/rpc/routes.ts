import type { ConnectRouter } from '@connectrpc/connect';
import { MapService } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { SessionService } from '@kreki/gen/kreki/mesh/v1/session_service_pb.js';
import type { Context } from '../context.ts';
import { sessionRpc } from './session.ts';
import { watchMap } from './watch-map.ts';

/** Everything that the page asks for. */
export const routes = (context: Context) => (router: ConnectRouter) => {
  router.service(SessionService, sessionRpc(context));
  router.service(MapService, { watchMap: watchMap(context) });
};
