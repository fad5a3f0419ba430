import { byPrivilege, recordChange } from '@kreki/runtime/audit/audited';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { absent, DISPATCHER, partOf } from '../emergencies/access.ts';
import { changeEmergency } from '../emergencies/change.ts';
import { cancel as callOff } from '../emergencies/close.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { notYours } from '../emergencies/refusals.ts';
import type { Rpc } from './rpc.ts';

export const cancel =
  (context: Context): Rpc<'cancel'> =>
  async ({ id, reason }, call) => {
    const person = personOf(call);
    const state = await changeEmergency(
      context,
      id,
      async (held) => {
        const own = held.state.requesterId === person.userId;
        if (!own && !person.can(DISPATCHER.update)) throw notYours();
        if (!own) byPrivilege(call);
        await callOff(held, reason);
      },
      ({ tx, state: { requesterId } }) => recordChange(call, tx, `people/${requesterId}`),
    );
    if (!state) throw absent(person, id);
    return { emergency: emergencyMessage(state, partOf(person, id, state, undefined).part) };
  };
