import { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { type Person, personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { absent, DISPATCHER, partOf } from '../emergencies/access.ts';
import { changeEmergency } from '../emergencies/change.ts';
import { complete as finish } from '../emergencies/close.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { invalidTransition, notYours } from '../emergencies/refusals.ts';
import type { EmergencyState } from '../store/emergencies.ts';
import type { Rpc } from './rpc.ts';

export const complete =
  (context: Context): Rpc<'complete'> =>
  async ({ id }, call) => {
    const person = personOf(call);
    const state = await changeEmergency(context, id, async (held) => {
      mayComplete(person, held.state);
      await finish(held);
    });
    if (!state) throw absent(person, id);
    return { emergency: emergencyMessage(state, partOf(person, id, state, undefined).part) };
  };

/** A dispatcher may, and a responder who is or was there. */
function mayComplete(person: Person, state: EmergencyState): void {
  if (person.can(DISPATCHER.update)) return;
  const own = state.responses.find(({ volunteerId }) => volunteerId === person.userId);
  if (!own) throw notYours();
  if (own.status === ResponseStatus.ARRIVED || own.status === ResponseStatus.COMPLETED) return;
  throw invalidTransition(ResponseStatus[own.status] ?? '', 'COMPLETED');
}
