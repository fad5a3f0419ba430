import type { DescMessage, DescMethod, MessageShape } from '@bufbuild/protobuf';
import type { HttpAnswer, HttpRequest } from './http.ts';
import type { Outcome } from './outcome.ts';

export type Message = MessageShape<DescMessage>;

export type ProtocolName = 'REST' | 'Connect JSON' | 'Connect Protobuf' | 'Connect GET' | 'gRPC-Web' | 'gRPC';

/** A way in which the edge takes calls. Written from the protocols' specifications, so that the edge is not held against itself. */
export interface Protocol {
  readonly name: ProtocolName;
  /** Whether calls of an RPC can be made so. */
  carries(method: DescMethod): boolean;
  /** A well-formed call with one message. */
  request(method: DescMethod, message: Message): HttpRequest;
  /** The same call with something in it that nobody can read. */
  garbled(request: HttpRequest, method: DescMethod): HttpRequest;
  outcome(method: DescMethod, answer: HttpAnswer): Outcome;
  /** Whether the first message of a stream has come. */
  begun(method: DescMethod, received: Buffer): boolean;
}

export const streams = ({ methodKind }: DescMethod): boolean => methodKind !== 'unary';

export const takesStream = ({ methodKind }: DescMethod): boolean =>
  methodKind === 'client_streaming' || methodKind === 'bidi_streaming';

export const givesStream = ({ methodKind }: DescMethod): boolean =>
  methodKind === 'server_streaming' || methodKind === 'bidi_streaming';
