import { createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { MapService } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { SessionService } from '@kreki/gen/kreki/mesh/v1/session_service_pb.js';
import { WorkloadService } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import type { Mesh } from '../../mesh/local/mesh.ts';

/** The dashboard's own contract, signed in with the launcher's key as the page is. */
export async function dashboardOf({ dashboardUrl = '' }: Mesh) {
  const { origin, hash } = new URL(dashboardUrl);
  let cookie = '';
  const signedIn: Interceptor = (next) => (request) => {
    if (cookie) request.header.set('cookie', cookie);
    return next(request);
  };
  const transport = createConnectTransport({ baseUrl: origin, interceptors: [signedIn] });
  await createClient(SessionService, transport).signInWithKey(
    { key: hash.replace('#key=', '') },
    {
      onHeader(header) {
        cookie = header.get('set-cookie')?.split(';')[0] ?? '';
      },
    },
  );
  return { workloads: createClient(WorkloadService, transport), map: createClient(MapService, transport) };
}

/** The first answer of a stream. */
export async function firstOf<T>(answers: AsyncIterable<T>): Promise<T> {
  for await (const answer of answers) return answer;
  throw new Error('the dashboard said nothing');
}
