import { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { byPrivilege, recordChange } from '@kreki/runtime/audit/audited';
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
    const state = await changeEmergency(
      context,
      id,
      async (held) => {
        if (!mayCompleteOwn(person, held.state)) byPrivilege(call);
        await finish(held);
      },
      ({ tx, state: { requesterId } }) => recordChange(call, tx, `people/${requesterId}`),
    );
    if (!state) throw absent(person, id);
    return { emergency: emergencyMessage(state, partOf(person, id, state, undefined).part) };
  };

/** Whether it is a responder who is or was there, for whom it is their own to complete; else it takes a dispatcher. */
function mayCompleteOwn(person: Person, state: EmergencyState): boolean {
  const own = state.responses.find(({ volunteerId }) => volunteerId === person.userId);
  if (own?.status === ResponseStatus.ARRIVED || own?.status === ResponseStatus.COMPLETED) return true;
  if (person.can(DISPATCHER.update)) return false;
  throw own ? invalidTransition(ResponseStatus[own.status] ?? '', 'COMPLETED') : notYours();
}
