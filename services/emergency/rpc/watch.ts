import type { MessageShape } from '@bufbuild/protobuf';
import { WatchResponseSchema } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { type Person, personOf } from '@kreki/runtime/caller';
import { encodedOnce } from '@kreki/runtime/rpc/encoded';
import type { Context } from '../context.ts';
import { noteDispatcher, type Part, partOf } from '../emergencies/access.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { notYours } from '../emergencies/refusals.ts';
import { isOpen } from '../emergencies/status.ts';
import { type EmergencyState, findEmergency } from '../store/emergencies.ts';
import type { Rpc } from './rpc.ts';

export const watch = ({ database, watch }: Context): Rpc<'watch'> =>
  async function* ({ id }, call) {
    const person = personOf(call);
    const present = partOfWatcher(person, id, await findEmergency(database, id));
    noteDispatcher(call, person, present.state, present.part);
    for await (const state of watch.watch(id, call.signal)) {
      // Somebody who withdrew meanwhile sees no more of it.
      yield shownTo(partOfWatcher(person, id, state).part, state);
      if (!isOpen(state.status)) return;
    }
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
