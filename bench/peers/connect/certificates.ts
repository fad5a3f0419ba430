import type { SecureContextOptions } from 'node:tls';
import { openCertificates } from '../../../mesh/runtime/identity/certificates.ts';
import { createLogger } from '../../../mesh/runtime/log.ts';

/** What this process shows of itself, and whom it believes: as the runtime's own mutual TLS has it. */
export function secureContext(name: string): SecureContextOptions {
  const { current, stop } = openCertificates(process.env.MESH_IDENTITY ?? '', name, createLogger(name));
  // A run is shorter than a certificate's life.
  stop();
  const { identity, authority } = current;
  return { cert: identity, key: identity, ca: authority, minVersion: 'TLSv1.3' };
}
