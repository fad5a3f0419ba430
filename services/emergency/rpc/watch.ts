import type { MessageShape } from '@bufbuild/protobuf';
import { WatchResponseSchema } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { type Person, personOf } from '@kreki/runtime/caller';
import { encodedOnce } from '@kreki/runtime/rpc/encoded';
import { passed } from '@kreki/runtime/rpc/passed';
import type { Context } from '../context.ts';
import { noteDispatcher, type Part, partOf } from '../emergencies/access.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { notYours } from '../emergencies/refusals.ts';
import type { EmergencyState } from '../store/emergencies.ts';
import type { Rpc } from './rpc.ts';

export const watch =
  ({ watch }: Context): Rpc<'watch'> =>
  ({ id }, call) => {
    const person = personOf(call);
    return passed(watch.watch(id, call.signal), {
      // By each state anew: somebody who withdrew meanwhile sees no more of it.
      message(found) {
        const { state, part } = partOfWatcher(person, id, found);
        noteDispatcher(call, person, state, part);
        return shownTo(part, state);
      },
    });
  };

type Shown = MessageShape<typeof WatchResponseSchema>;

const shown = new WeakMap<EmergencyState, Map<Part, Shown>>();

/** What an emergency looks like to those of a part: made once, however many watch. */
function shownTo(part: Part, state: EmergencyState): Shown {
  const views = shown.get(state) ?? new Map<Part, Shown>();
  shown.set(state, views);
  const known = views.get(part) ?? encodedOnce(WatchResponseSchema, { emergency: emergencyMessage(state, part) });
  views.set(part, known);
  return known;
}

/** Who was only asked may look at an emergency, but not follow it. */
function partOfWatcher(
  person: Person,
  id: string,
  found: EmergencyState | undefined,
): { state: EmergencyState; part: Part } {
  const watcher = partOf(person, id, found, undefined);
  if (watcher.part === 'offered') throw notYours();
  return watcher;
}
