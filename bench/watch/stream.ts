import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Emergency } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import {
  EmergencyService,
  WatchRequestSchema,
  WatchResponseSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { pathOf } from '@kreki/runtime/rpc/rules';
import { frameOf, openGrpcStream, PREFIX_BYTES } from '../generator/grpc-stream.ts';
import type { Person } from '../generator/order.ts';

const PATH = pathOf(EmergencyService.method.watch);

/** Opens a Watch over gRPC. */
export function openWatch(
  session: ClientHttp2Session,
  emergencyId: string,
  { token, address }: Person,
  onState: (emergency: Emergency) => void,
  onEnd: (why: string) => void,
): ClientHttp2Stream {
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': address };
  const { stream, status } = openGrpcStream(session, PATH, headers);
  stream.end(frameOf(toBinary(WatchRequestSchema, create(WatchRequestSchema, { id: emergencyId }))));
  let failure = '';
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code ?? error.message;
  });
  stream.once('close', () => onEnd(status() || failure || 'closed'));
  let kept: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    while (kept.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + kept.readUInt32BE(1);
      if (kept.length < end) return;
      const { emergency } = fromBinary(WatchResponseSchema, kept.subarray(PREFIX_BYTES, end));
      kept = kept.subarray(end);
      if (emergency) onState(emergency);
    }
  });
  return stream;
}
