import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { type ErasureProgressSchema, type ErasureSchema, ErasureState } from '@kreki/gen/kreki/auth/v1/erasure_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import type { Erasure, ErasureStep } from '../prisma/generated/client.ts';

type Stored = Erasure & { readonly steps: readonly ErasureStep[] };

/** @throws ConnectError NOT_FOUND `ERASURE_NOT_FOUND`. */
export async function loadErasure({ prisma }: Context, id: string): Promise<Stored> {
  const erasure = await prisma.erasure.findUnique({ where: { id }, include: { steps: true } });
  if (erasure === null) throw fail(Code.NotFound, 'ERASURE_NOT_FOUND', 'There is no such erasure.');
  return erasure;
}

/** How far an erasure is, without whose it is. */
export function erasureMessage(erasure: Stored): MessageInitShape<typeof ErasureSchema> {
  const { id, createTime, finalPassTime, completeTime, steps } = erasure;
  return {
    id,
    state: stateOf(erasure),
    requestTime: timestampFromDate(createTime),
    finalPassTime: timestampFromDate(finalPassTime),
    ...(completeTime && { completeTime: timestampFromDate(completeTime) }),
    progress: [...Map.groupBy(steps, ({ service }) => service)]
      .map(([service, passes]) => progress(service, passes))
      .sort((one, other) => ((one.service ?? '') < (other.service ?? '') ? -1 : 1)),
  };
}

function stateOf({ completeTime, steps }: Stored): ErasureState {
  if (completeTime) return ErasureState.COMPLETE;
  const waiting = steps.some(({ pass, doneTime }) => pass === 1 && doneTime === null);
  return waiting ? ErasureState.RUNNING : ErasureState.ERASED;
}

function progress(service: string, passes: readonly ErasureStep[]): MessageInitShape<typeof ErasureProgressSchema> {
  const [first, final] = [1, 2].map((number) => passes.find(({ pass }) => pass === number));
  return {
    service,
    ...(first?.doneTime && { eraseTime: timestampFromDate(first.doneTime) }),
    ...(final?.doneTime && { finalTime: timestampFromDate(final.doneTime) }),
    waitsFor: first?.waitsFor || final?.waitsFor || '',
  };
}
