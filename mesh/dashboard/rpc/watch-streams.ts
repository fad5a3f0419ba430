import type { ServiceImpl } from '@connectrpc/connect';
import type { StreamService } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import type { Context } from '../context.ts';
import { spanOf } from '../signals/range.ts';
import { timestampOf } from '../timestamp.ts';
import { consumersOf } from '../workloads/consumers.ts';
import { every } from './every.ts';

export const watchStreams = ({ telemetry, sources }: Context): ServiceImpl<typeof StreamService>['watchStreams'] =>
  async function* ({ interval }, { signal }) {
    yield* every(interval, signal, () => {
      const span = spanOf(undefined);
      const snapshot = sources.streams();
      return {
        time: timestampOf(span.endMs),
        streams: (snapshot?.streams ?? []).map(({ lastMs, ...stream }) => ({
          name: stream.name,
          subjects: [...stream.subjects],
          messages: BigInt(stream.messages),
          bytes: BigInt(stream.bytes),
          maxBytes: BigInt(stream.maxBytes),
          firstSeq: BigInt(stream.firstSeq),
          lastSeq: BigInt(stream.lastSeq),
          rate: stream.rate,
          ...(lastMs !== undefined && { lastTime: timestampOf(lastMs) }),
        })),
        consumers: consumersOf(telemetry, sources, span),
        deadLetters: BigInt(snapshot?.deadLetters ?? 0),
        sources: sources.statuses(),
      };
    });
  };
