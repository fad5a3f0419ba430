import type * as grpc from '@grpc/grpc-js';
import type { MeshSettings } from '../config.ts';
import type { ListenAddress, Listener } from '../listening.ts';
import type { Logger } from '../log.ts';
import { openCertificates } from './certificates.ts';
import { linkerdIdentity } from './linkerd.ts';
import { mtlsIdentity } from './mtls.ts';

/** Who this process is in the mesh, and how it and its peers prove that to each other. There is no way to speak without. */
export interface MeshIdentity {
  readonly name: string;
  /** How its servers are addressed: TLS is the runtime's own, or the proxy's beside it. */
  readonly scheme: 'https' | 'http';
  /** Whether its calls are sent once more where the contract allows; not where a proxy does. */
  readonly retries: boolean;
  /** Takes connections for a gRPC server. */
  listen(server: grpc.Server, address: ListenAddress): Promise<Listener>;
  /** The name of the process at the other end of a call, undefined when it has none. Cheap: nothing is parsed. */
  peerOf(call: grpc.ServerUnaryCall<unknown, unknown>): string | undefined;
  /** What a channel to a service is opened with; it connects to nobody else. */
  channelTo(service: string): { credentials: grpc.ChannelCredentials; options: grpc.ChannelOptions };
  stop(): void;
}

/** The value of MESH_IDENTITY that says that Linkerd's proxy stands beside this process. */
export const LINKERD = 'linkerd';

/** Throws a ConfigError when the certificate cannot be used. */
export function openMeshIdentity(name: string, settings: MeshSettings, log: Logger): MeshIdentity {
  return settings.identity === LINKERD
    ? linkerdIdentity(name, settings.namespace)
    : mtlsIdentity(openCertificates(settings.identity, name, log), log);
}
