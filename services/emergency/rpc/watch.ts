import { type Person, personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { type Part, partOf } from '../emergencies/access.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { notYours } from '../emergencies/refusals.ts';
import { isOpen } from '../emergencies/status.ts';
import { type EmergencyState, findEmergency } from '../store/emergencies.ts';
import type { Rpc } from './rpc.ts';

export const watch = ({ database, watch }: Context): Rpc<'watch'> =>
  async function* ({ id }, call) {
    const person = personOf(call);
    watcherPart(person, id, await findEmergency(database, id));
    for await (const state of watch.watch(id, call.signal)) {
      // Somebody who withdrew meanwhile sees no more of it.
      yield { emergency: emergencyMessage(state, watcherPart(person, id, state)) };
      if (!isOpen(state.status)) return;
    }
  };

/** Who was only asked may look at an emergency, but not follow it. */
function watcherPart(person: Person, id: string, state: EmergencyState | undefined): Part {
  const { part } = partOf(person, id, state, undefined);
  if (part === 'offered') throw notYours();
  return part;
}
