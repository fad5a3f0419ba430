import { readFileSync } from 'node:fs';
import * as http2 from 'node:http2';
import { join } from 'node:path';
import { AUTHORITY_FILE, IDENTITY_FILE } from '@kreki/runtime/identity/certificates';
import { UNLIMITED_SESSION_MEMORY } from '@kreki/runtime/session-memory';
import { overHttp2, type Sender } from './http.ts';

/** Sends gRPC straight to a service's own port. `identity` is the folder with the certificate to show; none is shown without. */
export function createMeshSender(port: number, authorityFile: string, identity?: string): Sender {
  const shown = identity === undefined ? undefined : readFileSync(join(identity, IDENTITY_FILE));
  const open = () => {
    const session = http2.connect(`https://127.0.0.1:${port}`, {
      ca: readFileSync(authorityFile),
      ...(shown && { cert: shown, key: shown }),
      maxSessionMemory: UNLIMITED_SESSION_MEMORY,
      // Whether the service is who it says is not what is asked here; services have URIs for names, which Node does not look at.
      checkServerIdentity: () => undefined,
    });
    session.on('error', () => undefined);
    return session;
  };
  let session: http2.ClientHttp2Session | undefined;
  return {
    send(request, options = {}) {
      if (!session || session.closed || session.destroyed) session = open();
      const opened = session;
      return overHttp2(() => opened, request, options);
    },
    close: () => session?.destroy(),
  };
}

/** The file that says whom to trust, in the folder of an identity. */
export const authorityFileIn = (identity: string): string => join(identity, AUTHORITY_FILE);
