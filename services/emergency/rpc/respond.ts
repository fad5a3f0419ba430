import { Decision } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { absent } from '../emergencies/access.ts';
import { changeEmergency } from '../emergencies/change.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { respond as answer } from '../emergencies/respond.ts';
import { offerTo } from '../store/offers.ts';
import type { Rpc } from './rpc.ts';

export const respond =
  (context: Context): Rpc<'respond'> =>
  async ({ id, decision }, call) => {
    const person = personOf(call);
    const { userId } = person;
    const state = await changeEmergency(context, id, async (held) =>
      answer(held, await offerTo(held.tx, id, userId), decision),
    );
    if (!state) throw absent(person, id);
    const accepted = decision === Decision.ACCEPT;
    const offer = await offerTo(context.database, id, userId);
    return { emergency: emergencyMessage(state, accepted ? 'responder' : 'offered', offer) };
  };
