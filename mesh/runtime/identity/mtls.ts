import { constants } from 'node:crypto';
import { createServer, type PeerCertificate, type SecureContextOptions, type TLSSocket } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { openListener } from '../listening.ts';
import { type Logger, seldom } from '../log.ts';
import { CALLER_LEFT } from '../rpc/deadline.ts';
import { meter } from '../telemetry.ts';
import type { CertificateSet, Certificates } from './certificates.ts';
import type { MeshIdentity } from './mesh-identity.ts';
import { nameIn } from './spiffe.ts';

const { createCertificateProviderChannelCredentials } = grpc.experimental;

const HANDSHAKE_LIMIT_MS = 10_000;

const refusals = meter.createCounter('kreki.identity.refused', {
  description: 'Connections refused for who opened them',
});

/** Identity by certificates of the mesh's own authority, shown and verified by both sides of each connection (mutual TLS 1.3). */
export function mtlsIdentity(certificates: Certificates, log: Logger): MeshIdentity {
  const warn = seldom(log);
  // A connection's certificate is read once; each call finds the name by the object that its socket then keeps.
  const names = new WeakMap<PeerCertificate, string>();
  const provider = providerOf(certificates);
  const credentials = new Map<string, grpc.ChannelCredentials>();

  const refuse = (socket: TLSSocket, reason: string) => {
    refusals.add(1, { reason });
    warn(reason, { reason, from: socket.remoteAddress }, 'connection refused: no valid certificate of the mesh');
    socket.destroy();
  };

  return {
    name: certificates.name,
    scheme: 'https',
    retries: true,

    async listen(server, address) {
      const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
      let closing = false;
      const handshakes = createServer({
        ...contextOf(certificates.current),
        requestCert: true,
        rejectUnauthorized: true,
        ALPNProtocols: ['h2'],
        handshakeTimeout: HANDSHAKE_LIMIT_MS,
      });
      handshakes.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
        // Whoever hangs up before showing anything has not been refused.
        if (error.code === 'ECONNRESET' && !socket.authorizationError) return;
        refuse(socket, String(socket.authorizationError ?? error.code));
      });
      handshakes.on('secureConnection', (socket) => {
        const certificate = socket.getPeerCertificate();
        const name = nameIn(certificate.subjectaltname);
        if (!socket.authorized || name === undefined) return refuse(socket, 'NOT_OF_THE_MESH');
        names.set(certificate, name);
        socket.getPeerCertificate = (() => certificate) as TLSSocket['getPeerCertificate'];
        socket.on('error', (error) => log.debug({ err: error, peer: name }, 'connection ended'));
        // Whoever shook hands while the server began to end goes elsewhere: nobody would end this connection in time.
        if (closing) socket.destroy();
        else injector.injectConnection(socket);
      });
      const forget = certificates.onChange((set) => handshakes.setSecureContext(contextOf(set)));
      const listener = await openListener(handshakes, address);
      return {
        ...listener,
        close() {
          closing = true;
          forget();
          return listener.close();
        },
      };
    },

    peerOf(call) {
      const certificate = certificateOf(call);
      if (!certificate) throw CALLER_LEFT;
      return names.get(certificate);
    },

    channelTo(service) {
      let made = credentials.get(service);
      if (!made) {
        const checkServerIdentity = (_host: string, certificate: PeerCertificate) => {
          const found = nameIn(certificate.subjectaltname);
          if (found === service) return undefined;
          warn(
            `${found} ${service}`,
            { expected: service, found },
            'server refused: it is not the service that is meant',
          );
          return new Error(`${found ?? 'nobody of the mesh'} answers in place of ${service}`);
        };
        made = createCertificateProviderChannelCredentials(provider, provider, { checkServerIdentity });
        credentials.set(service, made);
      }
      return { credentials: made, options: { 'grpc.ssl_target_name_override': service } };
    },

    stop: () => certificates.stop(),
  };
}

/** Undefined when the connection is gone. */
function certificateOf(call: grpc.ServerUnaryCall<unknown, unknown>): PeerCertificate | undefined {
  try {
    return call.getAuthContext().sslPeerCertificate;
  } catch {
    return undefined;
  }
}

/** Sessions are not resumed: a resumed one would not show its certificate again. */
const contextOf = ({ identity, authority }: CertificateSet): SecureContextOptions => ({
  cert: identity,
  key: identity,
  ca: authority,
  minVersion: 'TLSv1.3',
  secureOptions: constants.SSL_OP_NO_TICKET,
});

/** How grpc-js asks for certificates: it makes each new connection with the latest. */
function providerOf(certificates: Certificates): grpc.experimental.CertificateProvider {
  const listening = new Map<unknown, () => void>();
  const follow = (listener: unknown, tell: (set: CertificateSet) => void) => {
    listening.set(listener, certificates.onChange(tell));
    tell(certificates.current);
  };
  const leave = (listener: unknown) => {
    listening.get(listener)?.();
    listening.delete(listener);
  };
  return {
    addCaCertificateListener: (listener) => follow(listener, (set) => listener({ caCertificate: set.authority })),
    removeCaCertificateListener: leave,
    addIdentityCertificateListener: (listener) =>
      follow(listener, ({ identity }) => listener({ certificate: identity, privateKey: identity })),
    removeIdentityCertificateListener: leave,
  };
}
