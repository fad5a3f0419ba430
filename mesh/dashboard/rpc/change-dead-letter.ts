import { Code, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { StreamService } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import type { Bus } from '@kreki/runtime/events/bus';
import { dropDeadLetter as drop, replayDeadLetter as replay } from '@kreki/runtime/events/dead-letters';
import type { Context } from '../context.ts';
import { managerOf } from '../events/read.ts';

type Change = (bus: Bus, seq: number) => Promise<boolean>;

/** Does something to a dead letter, and writes down who did it. */
const change =
  (what: 'replayed' | 'dropped', act: Change, { sources: { bus }, log }: Context) =>
  async ({ seq }: { seq: bigint }, call: HandlerContext) => {
    managerOf(bus);
    const { userId, role } = personOf(call);
    if (!bus || !(await act(bus, Number(seq)))) {
      throw fail(Code.NotFound, 'DEAD_LETTER_NOT_FOUND', `there is no dead letter ${seq}`, { seq: String(seq) });
    }
    log.info({ audit: what, deadLetter: Number(seq), userId, role }, `a dead letter was ${what}`);
    return {};
  };

export const replayDeadLetter = (context: Context): ServiceImpl<typeof StreamService>['replayDeadLetter'] =>
  change('replayed', replay, context);

export const dropDeadLetter = (context: Context): ServiceImpl<typeof StreamService>['dropDeadLetter'] =>
  change('dropped', drop, context);
