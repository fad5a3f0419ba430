import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { noteDispatcher, partOf } from '../emergencies/access.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { findEmergency } from '../store/emergencies.ts';
import { offerTo } from '../store/offers.ts';
import type { Rpc } from './rpc.ts';

export const get =
  ({ database }: Context): Rpc<'get'> =>
  async ({ id }, call) => {
    const person = personOf(call);
    const [found, offer] = await Promise.all([findEmergency(database, id), offerTo(database, id, person.userId)]);
    const { state, part } = partOf(person, id, found, offer);
    noteDispatcher(call, person, state, part);
    return { emergency: emergencyMessage(state, part, offer) };
  };
