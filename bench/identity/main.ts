/** What mutual TLS adds to a unary call: the same calls in plaintext and over mTLS, turn by turn. `node bench/identity/main.ts [rounds]`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { linkerdIdentity } from '../../mesh/runtime/identity/linkerd.ts';
import { type MeshIdentity, openMeshIdentity } from '../../mesh/runtime/identity/mesh-identity.ts';
import { createLogger } from '../../mesh/runtime/log.ts';
import { createGrpcTransport } from '../../mesh/runtime/rpc/transport.ts';
import { testAuthority } from '../../mesh/runtime/testing/authority.ts';

const ROUNDS = Number(process.argv[2] ?? 12);
const CALLS = 5_000;
const AT_ONCE = 32;

type Way = 'plaintext' | 'mTLS';
interface Figures {
  readonly callsPerSecond: number;
  /** CPU time of a call in microseconds. */
  readonly server: number;
  readonly client: number;
}

const authority = await testAuthority();
const server = fork(new URL('./server.ts', import.meta.url), [await authority.give('auth')]);
const [urls] = (await once(server, 'message')) as [Record<Way, string>];
const settings = { identity: await authority.give('gateway'), namespace: '' };
const ways: [Way, MeshIdentity][] = [
  ['plaintext', linkerdIdentity('gateway', 'kreki')],
  ['mTLS', openMeshIdentity('gateway', settings, createLogger('gateway'))],
];
/** Names the caller in plaintext; sent over mTLS as well, where nobody reads it, so that both carry the same. */
const headers = { 'l5d-client-id': 'gateway.kreki.serviceaccount.identity.linkerd.cluster.local' };
const measured = ways.map(([way, identity]) => {
  const client = createClient(AuthService, createGrpcTransport({ url: urls[way], identity, service: 'auth' }));
  return { way, call: () => client.getJwks({}, { headers }), figures: [] as Figures[] };
});

for (let round = 0; round <= ROUNDS; round++) {
  for (const { call, figures } of measured) {
    const figure = await measure(call);
    // The first round opens connections and warms up.
    if (round > 0) figures.push(figure);
  }
}
for (const { way, figures } of measured) {
  const of = (key: keyof Figures) => Math.round(median(figures.map((figure) => figure[key])));
  console.log(
    `${way.padEnd(10)} ${of('callsPerSecond')} calls/s, CPU of a call: server ${of('server')} µs, client ${of('client')} µs`,
  );
}
const [plain, encrypted] = measured.map(({ figures }) => figures);
for (const key of ['callsPerSecond', 'server', 'client'] as const) {
  const ratios = (plain ?? []).map((figure, round) => (encrypted?.[round]?.[key] ?? 0) / figure[key]);
  console.log(`mTLS to plaintext, ${key}: ${median(ratios).toFixed(2)}`);
}
server.kill();
authority.remove();
process.exit();

async function measure(call: () => Promise<unknown>): Promise<Figures> {
  const serverBefore = await cpuOfServer();
  const own = process.cpuUsage();
  const startMs = performance.now();
  let left = CALLS;
  const work = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(own);
  const serverMicros = (await cpuOfServer()) - serverBefore;
  return { callsPerSecond: CALLS / seconds, server: serverMicros / CALLS, client: (user + system) / CALLS };
}

async function cpuOfServer(): Promise<number> {
  server.send('cpu');
  const [{ cpuMicros }] = (await once(server, 'message')) as [{ cpuMicros: number }];
  return cpuMicros;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
