import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { measurementOf } from '../positions/measurement.ts';
import { noProfile } from '../profiles/refusals.ts';
import type { Rpc } from './rpc.ts';

/** Positions of one stream under way to the database, beyond which the next is not read: a phone that sends faster waits, and nobody else. */
const UNDER_WAY_MAX = 8;

export const streamLocations =
  ({ positions }: Context): Rpc<'streamLocations'> =>
  async (requests, call) => {
    const { userId } = personOf(call);
    let received = 0;
    let stored = 0;
    let failure: unknown;
    let underWay: Promise<void>[] = [];

    for await (const request of requests) {
      received++;
      const written = positions.submitInTurn(measurementOf(userId, request)).then(
        (outcome) => {
          if (outcome === 'stored') stored++;
          if (outcome === 'no-profile') failure ??= noProfile();
        },
        (error) => {
          failure ??= error;
        },
      );
      underWay.push(written);
      if (underWay.length >= UNDER_WAY_MAX) {
        await Promise.all(underWay);
        underWay = [];
      }
      if (failure) throw failure;
    }
    await Promise.all(underWay);
    if (failure) throw failure;
    return { received: BigInt(received), stored: BigInt(stored) };
  };
