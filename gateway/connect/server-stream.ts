import {
  ask,
  compressionFor,
  createPlainHandler,
  type PlainCall,
  type PlainHandler,
  type PlainOptions,
} from './plain.ts';
import { StreamAnswer } from './stream-answer.ts';
import { STREAM_WIRES, type StreamWire } from './stream-wires.ts';

/**
 * Answers calls of RPCs whose answer is a stream. Thousands of them are open at a time, for hours: each message passes through as the bytes that
 * the service sent, and nothing is held of a stream but what is needed for its next message and its end.
 */
export const createServerStreamHandler = (options: PlainOptions): PlainHandler =>
  createPlainHandler(options, 'server_streaming', STREAM_WIRES, (call) => answer(call, options));

async function answer(plain: PlainCall<StreamWire>, options: PlainOptions): Promise<void> {
  const compression = compressionFor(plain.exchange, plain.wire, options.compressions);
  const written = new StreamAnswer(plain, compression, options.registry.types);
  try {
    const { call, message, timeoutMs } = await ask(plain, options);
    written.from(call.open(message, timeoutMs, written));
  } catch (error) {
    written.end(error);
  }
}
