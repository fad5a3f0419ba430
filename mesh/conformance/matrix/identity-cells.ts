import { Audience } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { EDGE } from '@kreki/runtime/caller';
import type { Person } from '../../local/drill/person.ts';
import { identityFolder } from '../../local/identities.ts';
import { type CallerName, callerNames, callersOf, type ServiceName, serviceNames } from '../../topology.ts';
import type { OwnMesh } from '../own-mesh.ts';
import type { Rpc } from '../rpcs.ts';
import { grpc } from '../wire/grpc.ts';
import { authorityFileIn, createMeshSender } from '../wire/mesh-port.ts';
import { type Cell, type Expected, type Made, makeAll } from './calls.ts';
import { requestFor, SIGN_IN_REQUIRED } from './role-cells.ts';

/** Every RPC at the port of the service that answers it, by every process that has a certificate. */
export async function callAsProcesses(mesh: OwnMesh, rpcs: readonly Rpc[], admin: Person): Promise<Made[]> {
  const made: Made[] = [];
  for (const callee of serviceNames) {
    for (const caller of callerNames) {
      const identity = identityFolder(mesh.dataFolder, caller);
      const sender = createMeshSender(mesh.ports.services[callee].number, authorityFileIn(identity), identity);
      const cells = rpcs.filter((rpc) => rpc.callee === callee).flatMap((rpc) => cellsOf(rpc, caller, admin));
      made.push(...(await makeAll(sender, cells).finally(() => sender.close())));
    }
  }
  return made;
}

/** The process by itself; where it may not call, also for somebody who may do everything. */
function cellsOf(rpc: Rpc, caller: CallerName, admin: Person): Cell[] {
  const allowed = callersOf(rpc.callee, rpc.method.parent.typeName).includes(caller);
  const cell = (circumstance: string, authorization: string | undefined): Cell => ({
    rpc,
    protocol: grpc,
    message: requestFor(rpc),
    garbled: false,
    caller: `process ${caller}`,
    circumstance: `at ${rpc.callee}${circumstance}`,
    authorization: () => authorization,
    expected: allowed ? byItself(rpc, caller) : CALLER_NOT_ALLOWED,
  });
  const alone = cell('', undefined);
  return allowed ? [alone] : [alone, cell(' for an administrator', `Bearer ${admin.accessToken}`)];
}

/** What comes of a call without a person's token, that the topology has. */
function byItself({ rules }: Rpc, caller: CallerName): Expected {
  if (rules.audience === Audience.PUBLIC) return 'let in';
  if (caller === EDGE) return SIGN_IN_REQUIRED;
  return rules.meshCallers ? 'let in' : { said: 'permission_denied PERSON_REQUIRED' };
}

const CALLER_NOT_ALLOWED: Expected = { said: 'permission_denied CALLER_NOT_ALLOWED' };

/** Services that answered somebody without a certificate. */
export async function openToStrangers(mesh: OwnMesh, rpcs: readonly Rpc[]): Promise<ServiceName[]> {
  const authority = authorityFileIn(identityFolder(mesh.dataFolder, 'operator'));
  const open: ServiceName[] = [];
  for (const callee of serviceNames) {
    const rpc = rpcs.find((each) => each.callee === callee);
    if (!rpc) continue;
    const sender = createMeshSender(mesh.ports.services[callee].number, authority);
    const answer = sender.send(grpc.request(rpc.method, requestFor(rpc))).finally(() => sender.close());
    if (await answer.catch(() => undefined)) open.push(callee);
  }
  return open;
}
