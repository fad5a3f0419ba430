import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Emergency } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import {
  EmergencyService,
  WatchRequestSchema,
  WatchResponseSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import type { Person } from '../generator/order.ts';

const PATH = `/${EmergencyService.typeName}/${EmergencyService.method.watch.name}`;
/** A byte that says whether it is compressed, and four of its length, before each message of gRPC. */
const PREFIX = 5;

/** Opens a Watch over gRPC with as little of the generator's own as can be. */
export function openWatch(
  session: ClientHttp2Session,
  emergencyId: string,
  { token, address }: Person,
  onState: (emergency: Emergency) => void,
  onEnd: (why: string) => void,
): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': PATH,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    authorization: `Bearer ${token}`,
    'x-forwarded-for': address,
  });
  const message = toBinary(WatchRequestSchema, create(WatchRequestSchema, { id: emergencyId }));
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
  let said = '';
  const note = (headers: Record<string, unknown>) => {
    if (headers['grpc-status']) said = `grpc-status ${headers['grpc-status']} ${headers['grpc-message'] ?? ''}`;
  };
  stream.on('response', note);
  stream.on('trailers', note);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    said ||= error.code ?? error.message;
  });
  stream.once('close', () => onEnd(said || 'closed'));
  let kept: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    while (kept.length >= PREFIX) {
      const end = PREFIX + kept.readUInt32BE(1);
      if (kept.length < end) return;
      const { emergency } = fromBinary(WatchResponseSchema, kept.subarray(PREFIX, end));
      kept = kept.subarray(end);
      if (emergency) onState(emergency);
    }
  });
  return stream;
}
