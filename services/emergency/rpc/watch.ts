import { type Person, personOf } from '@kreki/runtime/caller';
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
      yield { emergency: emergencyMessage(state, partOfWatcher(person, id, state).part) };
      if (!isOpen(state.status)) return;
    }
  };

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
