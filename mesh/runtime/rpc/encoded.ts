import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';

const encodings = new WeakMap<MessageShape<DescMessage>, Buffer>();

/** A message for many streams, put into bytes once for all of them; nobody changes it any more. */
export function encodedOnce<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>): MessageShape<Desc> {
  const message = create(desc, init);
  encodings.set(message, encode(desc, message));
  return message;
}

/** A message's bytes; those of one that was encoded before are the same. */
export const bytesOf = (desc: DescMessage, message: MessageShape<DescMessage>): Buffer =>
  encodings.get(message) ?? encode(desc, message);

function encode(desc: DescMessage, message: MessageShape<DescMessage>): Buffer {
  const { buffer, byteOffset, byteLength } = toBinary(desc, message);
  return Buffer.from(buffer, byteOffset, byteLength);
}
