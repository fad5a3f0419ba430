import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt';
import { OBJECT_RULES, type ObjectRule } from '../objects.ts';
import type { People } from '../people/people.ts';
import type { Rpc } from '../rpcs.ts';
import { protocols } from '../wire/protocols.ts';
import type { Cell, Expected } from './calls.ts';
import { type Encounter, encounters, isOpen, type Stranger } from './encounters.ts';
import { mayCall, PERMISSION_REQUIRED, requestFor } from './role-cells.ts';
import type { Scene } from './scene.ts';

/**
 * Every RPC that names a thing, by the thing's owner, by those who have to do with it, and by people of every role who have not.
 * First come the calls that must change nothing, then those that read, then all others.
 */
export async function objectCells(
  rpcs: readonly Rpc[],
  scene: Scene,
  people: People,
  strangers: readonly Stranger[],
): Promise<{ refused: Cell[]; open: Cell[] }> {
  const cells: Cell[] = [];
  for (const rpc of rpcs) {
    const rule = OBJECT_RULES[rpc.name];
    if (!rule) continue;
    for (const encounter of encounters(rule.kind, scene, strangers, people)) {
      for (const protocol of protocols.filter((each) => each.carries(rpc.method))) {
        const id = await encounter.thing();
        if (id === undefined) continue;
        cells.push({
          rpc,
          protocol,
          caller: encounter.who,
          circumstance: encounter.whose,
          message: requestFor(rpc, id),
          garbled: false,
          authorization: () => `Bearer ${encounter.person.accessToken}`,
          expected: expectedOf(rpc, rule, encounter),
        });
      }
    }
  }
  const reads = ({ rpc }: Cell) => rpc.method.idempotency === Idempotency.NO_SIDE_EFFECTS;
  const open = cells.filter(({ expected }) => expected === 'let in');
  return {
    refused: cells.filter(({ expected }) => expected !== 'let in'),
    open: [...open.filter(reads), ...open.filter((cell) => !reads(cell))],
  };
}

function expectedOf(rpc: Rpc, rule: ObjectRule, encounter: Encounter): Expected {
  if (!mayCall(encounter.role, rpc)) return PERMISSION_REQUIRED;
  return isOpen(rule, encounter) ? 'let in' : { said: rule.refusal };
}
