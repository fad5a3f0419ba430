import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { ExportResponseSchema, PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import { implement } from '@kreki/runtime/rpc/handlers';
import { startRpcServer } from '@kreki/runtime/rpc/server';
import type { TestMesh } from '@kreki/runtime/testing/harness';
import { HOLDERS } from '../erasure/holders.ts';

/** The other services as KREKI ID sees them: each on a server of its own, with one record of everybody. */
export interface TestHolder {
  readonly name: string;
  readonly url: string;
  /** People it was asked to let go of, in the order of the calls. */
  readonly erased: string[];
  /** Reasons why it cannot let go of some people now. */
  readonly busy: Map<string, string>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startHolders(mesh: TestMesh): Promise<Record<string, TestHolder>> {
  const holders = await Promise.all(HOLDERS.map((name) => startHolder(mesh, name)));
  return Object.fromEntries(holders.map((holder) => [holder.name, holder]));
}

/** Where they are, as the service is told. */
export const holderUrls = (holders: Readonly<Record<string, TestHolder>>): Record<string, string> =>
  Object.fromEntries(Object.values(holders).map(({ name, url }) => [`${name.toUpperCase()}_URL`, url]));

async function startHolder(mesh: TestMesh, name: string): Promise<TestHolder> {
  const erased: string[] = [];
  const busy = new Map<string, string>();
  const check = (userId: string) => {
    const reason = busy.get(userId);
    if (reason) throw fail(Code.FailedPrecondition, reason, 'not now');
  };
  const serve = (port: number) =>
    startRpcServer({
      identity: mesh.identities.of(name),
      host: '127.0.0.1',
      port,
      interceptors: [],
      drainMs: 200,
      implementations: [
        implement(PersonalDataService, {
          async *export({ userId, locale }) {
            const data = { userId, locale };
            yield create(ExportResponseSchema, { record: { section: `${name}.thing`, title: name, data } });
          },
          checkErasure({ userId }) {
            check(userId);
            return {};
          },
          erase({ userId }) {
            check(userId);
            erased.push(userId);
            return {};
          },
        }),
      ],
    });
  let server = await serve(0);
  const { url } = server;
  const holder: TestHolder = {
    name,
    url,
    erased,
    busy,
    stop: () => server.stop(),
    async start() {
      server = await serve(Number(new URL(url).port));
    },
  };
  mesh.onStop(() => holder.stop());
  return holder;
}
