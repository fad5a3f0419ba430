import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { measurementOf } from '../positions/measurement.ts';
import { noProfile } from '../profiles/refusals.ts';
import type { Rpc } from './rpc.ts';

export const updateLocation =
  ({ positions }: Context): Rpc<'updateLocation'> =>
  async (request, call) => {
    const outcome = await positions.submit(measurementOf(personOf(call).userId, request));
    if (outcome === 'no-profile') throw noProfile();
    return {};
  };
