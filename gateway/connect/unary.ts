import { untilCallerLeaves } from '../http/exchange.ts';
import {
  ask,
  COMPRESSED_BYTES_MIN,
  compressionFor,
  createPlainHandler,
  type PlainCall,
  type PlainHandler,
  type PlainOptions,
} from './plain.ts';
import { UNARY_WIRES, type UnaryWire } from './unary-wires.ts';

/**
 * Most calls are these, and a press is one of them: one message by POST, not compressed, over Connect or gRPC. They are answered as the Connect
 * library would, at less cost: it makes streams, contexts and copies of all headers for what a call might ask for and these do not.
 */
export const createUnaryHandler = (options: PlainOptions): PlainHandler =>
  createPlainHandler(options, 'unary', UNARY_WIRES, (call) => answer(call, options));

async function answer(plain: PlainCall<UnaryWire>, options: PlainOptions): Promise<void> {
  const { exchange, serialization, wire, binary } = plain;
  const { response } = exchange;
  const signal = untilCallerLeaves(exchange);
  try {
    const { call, message, timeoutMs } = await ask(plain, options);
    const bytes = serialization.getO(binary).serialize(await call.unary(message, { signal, timeoutMs }));
    const worthIt = bytes.byteLength >= COMPRESSED_BYTES_MIN;
    const compression = worthIt ? compressionFor(exchange, wire, options.compressions) : undefined;
    wire.send(response, compression ? await compression.compress(bytes) : bytes, binary, compression?.name);
  } catch (error) {
    wire.fail(response, error, binary, options.registry.types);
  }
}
