/**
 * Asks the process in the same container whether it serves, as its environment describes it; exit code 0 when it does. Node.js alone, so that
 * asking every few seconds costs little.
 */
import { readFileSync } from 'node:fs';
import { connect, type SecureClientSessionOptions } from 'node:http2';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 3_000;

const { HTTP_PORT, SERVICE_PORT, SERVICE_NAME, TLS_CERT_FILE } = process.env;
/** Folder of the certificate; none where Linkerd's proxy holds it. */
const certificates = process.env.MESH_IDENTITY === 'linkerd' ? undefined : process.env.MESH_IDENTITY;

const answer = Promise.race([SERVICE_PORT ? grpc(SERVICE_PORT) : http(HTTP_PORT), sleep(PATIENCE_MS, 'no answer')]);
const problem = await answer.catch((error: Error) => error.message);
if (problem) console.error(problem);
process.exit(problem ? 1 : 0);

/** The standard `grpc.health.v1.Health/Check` for the server as a whole, with the process' own certificate where it has one. */
async function grpc(port: string): Promise<string | undefined> {
  const session = connect(
    `${certificates ? 'https' : 'http'}://127.0.0.1:${port}`,
    certificates ? identity(certificates) : {},
  );
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  session.on('error', reject);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const chunks: Buffer[] = [];
  stream.on('error', reject);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => resolve(Buffer.concat(chunks)));
  // A HealthCheckRequest without a service name is an empty message: no compression, length 0.
  stream.end(Buffer.alloc(5));
  const message = (await promise).subarray(5);
  session.destroy();
  // Field 1, a varint, of value 1: SERVING.
  return message.equals(Buffer.from([0x08, 0x01])) ? undefined : 'not serving';
}

/** Shown to itself: whose name is on it does not matter here. */
function identity(folder: string): SecureClientSessionOptions {
  const own = readFileSync(join(folder, 'identity.pem'));
  const ca = readFileSync(join(folder, 'ca.pem'));
  return { cert: own, key: own, ca, checkServerIdentity: () => undefined };
}

/** The edge says that it is ready once it reaches what must stay up; the others that they run. */
async function http(port: string | undefined): Promise<string | undefined> {
  const path = SERVICE_NAME === 'gateway' ? '/readyz' : '/healthz';
  // The certificate of the edge names the host that the public knows.
  if (TLS_CERT_FILE) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const { status } = await fetch(`${TLS_CERT_FILE ? 'https' : 'http'}://127.0.0.1:${port}${path}`);
  return status === 200 ? undefined : `${path} answers ${status}`;
}
