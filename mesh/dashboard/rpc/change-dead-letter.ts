import { Code, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { StreamService } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import { clientAddress, HEADER, personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { type Act, actOnDeadLetter } from '@kreki/runtime/events/dead-letter-acts';
import type { Context } from '../context.ts';
import { streamsOf } from '../events/read.ts';
import { OWN_NAME } from '../own-name.ts';

/** Does something to a dead letter, after it was put on record who does. */
const change =
  (act: Act, { sources: { bus }, log }: Context) =>
  async ({ seq }: { seq: bigint }, call: HandlerContext) => {
    const { userId, role, sessionId } = personOf(call);
    const actor = {
      actorId: userId,
      actorRole: role,
      sessionId,
      peer: OWN_NAME,
      clientAddress: clientAddress(call),
      requestId: call.requestHeader.get(HEADER.requestId) ?? '',
    };
    const entry = await actOnDeadLetter(streamsOf(bus), { act, seq: Number(seq), actor });
    if (!entry) {
      throw fail(Code.NotFound, 'DEAD_LETTER_NOT_FOUND', `there is no dead letter ${seq}`, { seq: String(seq) });
    }
    const { sequence, hash, subjects } = entry;
    log.info({ audit: { sequence, hash: hash.toString('hex') }, act, subjects, userId }, 'acted on a dead letter');
    return {};
  };

export const replayDeadLetter = (context: Context): ServiceImpl<typeof StreamService>['replayDeadLetter'] =>
  change('ReplayDeadLetter', context);

export const dropDeadLetter = (context: Context): ServiceImpl<typeof StreamService>['dropDeadLetter'] =>
  change('DropDeadLetter', context);
