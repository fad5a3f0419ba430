import { encodeEnvelope } from '@connectrpc/connect/protocol';

/** A message of a stream as Connect, gRPC and gRPC-Web frame it: a byte of flags, four of length, then the message. */
export interface Envelope {
  readonly flags: number;
  readonly data: Buffer;
}

export const enveloped = (data: Uint8Array, flags = 0): Uint8Array => encodeEnvelope(flags, data);

/** The envelopes that are whole. */
export function* envelopesIn(bytes: Buffer): Generator<Envelope> {
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) return;
    yield { flags: bytes.readUInt8(at), data: bytes.subarray(at + 5, end) };
    at = end;
  }
}
