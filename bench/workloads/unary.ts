import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { pathOf } from '@kreki/runtime/rpc/rules';
import { identityFolder } from '../../mesh/local/identities.ts';
import { startSpeakingChild } from '../child.ts';
import type { Load } from '../generator/order.ts';
import { loaded } from './loaded.ts';
import type { Workload } from './workload.ts';

const PATH = pathOf(AuthService.method.getJwks);
const CONNECT = { 'content-type': 'application/proto', 'connect-protocol-version': '1' };
/** Names the caller where a proxy would; sent over mTLS as well, where nobody reads it, so that all carry the same. */
const AS_GATEWAY = { 'l5d-client-id': 'gateway.kreki.serviceaccount.identity.linkerd.cluster.local' };
const EMPTY = [''];

/** The smallest RPC, GetJwks: through all that the runtime does for a call, and through the edge; beside the bare libraries. */
export const unary: Workload = async ({ own, generator, options }) => {
  const { folder, mesh } = own;
  const runtime = await startSpeakingChild<{ plaintext: string; mTLS: string }>('identity/server.ts', [
    identityFolder(folder, 'auth'),
  ]);
  const bareGrpc = await startSpeakingChild<{ url: string }>('floors/echo.ts', ['grpc']);
  const bareConnect = await startSpeakingChild<{ url: string }>('floors/echo.ts', ['connect']);
  const grpc = { over: 'grpc', path: PATH, headers: AS_GATEWAY, bodies: EMPTY } as const;
  const http1 = { over: 'http1', path: PATH, headers: CONNECT, bodies: EMPTY } as const;
  const asGateway = { folder: identityFolder(folder, 'gateway'), caller: 'gateway', service: 'auth' };
  const named = (name: string, pid: number) => () => new Map([[name, pid]]);
  const subjects: { name: string; floor?: true; load: Load; processes: () => ReadonlyMap<string, number> }[] = [
    {
      name: 'bare grpc-js',
      floor: true,
      load: { ...grpc, url: bareGrpc.said.url },
      processes: named('server', bareGrpc.pid),
    },
    { name: 'runtime', load: { ...grpc, url: runtime.said.plaintext }, processes: named('server', runtime.pid) },
    {
      name: 'runtime, mTLS',
      load: { ...grpc, url: runtime.said.mTLS, mesh: asGateway },
      processes: named('server', runtime.pid),
    },
    {
      name: 'bare connect-node',
      floor: true,
      load: { ...http1, url: bareConnect.said.url },
      processes: named('server', bareConnect.pid),
    },
    { name: 'gateway', load: { ...http1, url: mesh.edgeUrl }, processes: own.processes },
  ];
  for (const { name, load } of subjects) await generator.prepare(`unary ${name}`, load);
  return {
    subjects: subjects.map(({ name, floor, processes }) =>
      loaded(
        {
          name,
          ...(floor && { floor }),
          processes,
          closed: (seconds) => generator.closed(`unary ${name}`, seconds, options.callers),
          open: (seconds, perSecond) => generator.open(`unary ${name}`, seconds, perSecond),
        },
        options,
      ),
    ),
    targets: [
      { subject: 'runtime', figure: 'perSecond', against: 'bare grpc-js', atLeast: 0.7 },
      { subject: 'gateway', figure: 'perSecond', against: 'bare connect-node', atLeast: 0.6 },
    ],
    notes: [
      'The smallest RPC, `GetJwks`. Runtime: a server with telemetry, callers, access and validation in front of a handler that answers nothing, on one connection in plaintext as beside Linkerd’s proxy, and over the mesh’s own mTLS. Bare grpc-js: the same message from a handler alone.',
      'Gateway: over HTTP/1.1 through the edge to KREKI ID over mTLS and back. Bare connect-node: an answer of the same size from a handler alone, without a call to anywhere.',
    ],
    close: async () => {
      for (const child of [runtime, bareGrpc, bareConnect]) child.stop();
    },
  };
};
