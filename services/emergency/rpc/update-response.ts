import { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { absent } from '../emergencies/access.ts';
import { changeEmergency } from '../emergencies/change.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { progress } from '../emergencies/progress.ts';
import type { Rpc } from './rpc.ts';

export const updateResponse =
  (context: Context): Rpc<'updateResponse'> =>
  async ({ id, status }, call) => {
    const person = personOf(call);
    const state = await changeEmergency(context, id, (held) => progress(held, person.userId, status));
    if (!state) throw absent(person, id);
    const part = status === ResponseStatus.WITHDRAWN ? 'offered' : 'responder';
    return { emergency: emergencyMessage(state, part) };
  };
