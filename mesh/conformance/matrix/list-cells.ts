import { create } from '@bufbuild/protobuf';
import { LIST_RULES } from '../objects.ts';
import type { People } from '../people/people.ts';
import type { Rpc } from '../rpcs.ts';
import { protocols } from '../wire/protocols.ts';
import type { Cell, Made } from './calls.ts';
import { encounters, isOpen, type Stranger } from './encounters.ts';
import type { Scene } from './scene.ts';

/** A list that somebody asks for, and the thing that it shall hold or must not. */
export interface ListCell extends Cell {
  readonly thing: string;
  readonly shown: boolean;
}

const PAGE_SIZE = 100;

/** Every list of things, by their owner, by those who have to do with them, and by people of every role who have not. */
export function listCells(
  rpcs: readonly Rpc[],
  scene: Scene,
  people: People,
  strangers: readonly Stranger[],
): ListCell[] {
  return rpcs.flatMap((rpc) => {
    const rule = LIST_RULES[rpc.name];
    if (!rule) return [];
    const thing = scene.things[rule.kind];
    const message = create(rpc.method.input, { pageSize: PAGE_SIZE } as Record<string, unknown>);
    const theirs = encounters(rule.kind, scene, strangers, people).filter(({ isTheirs }) => isTheirs);
    return theirs.flatMap((encounter) =>
      protocols
        .filter((protocol) => protocol.carries(rpc.method))
        .map(
          (protocol): ListCell => ({
            rpc,
            protocol,
            message,
            thing,
            shown: isOpen(rule, encounter),
            caller: encounter.who,
            circumstance: '',
            garbled: false,
            authorization: () => `Bearer ${encounter.person.accessToken}`,
            expected: 'let in',
          }),
        ),
    );
  });
}

/** A sentence for each list that does not hold what it shall, or holds what it must not. */
export function listObjections(made: readonly Made<ListCell>[]): string[] {
  return made.flatMap(({ cell, answer }) => {
    if (answer.body.includes(cell.thing) === cell.shown) return [];
    const what = cell.shown ? 'should show' : 'must not show';
    return [`${cell.rpc.name} over ${cell.protocol.name} by ${cell.caller} ${what} ${cell.thing}`];
  });
}
