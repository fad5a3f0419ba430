import { createServer } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { openListener } from '../listening.ts';
import type { MeshIdentity } from './mesh-identity.ts';

/** In which Linkerd's proxy names the process at the other end, having removed what that process itself may have written there. */
export const LINKERD_CLIENT_ID = 'l5d-client-id';

const SUFFIX = 'serviceaccount.identity.linkerd.cluster.local';

/** Identity where Linkerd's proxies speak mTLS for the processes: these speak plaintext to the proxy beside them, and nobody else reaches them. */
export function linkerdIdentity(name: string, namespace: string): MeshIdentity {
  const suffix = `.${namespace}.${SUFFIX}`;
  return {
    name,
    scheme: 'http',
    retries: false,
    listen(server, address) {
      const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
      return openListener(createServer(injector.injectConnection), address);
    },
    peerOf({ metadata }) {
      const [id, ...more] = metadata.get(LINKERD_CLIENT_ID);
      if (typeof id !== 'string' || more.length > 0 || !id.endsWith(suffix)) return undefined;
      const peer = id.slice(0, -suffix.length);
      return peer === '' || peer.includes('.') ? undefined : peer;
    },
    channelTo: () => ({ credentials: grpc.credentials.createInsecure(), options: {} }),
    stop: () => undefined,
  };
}
