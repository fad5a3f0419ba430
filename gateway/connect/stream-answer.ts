import { type DescMessage, fromBinary, type Registry as TypeRegistry } from '@bufbuild/protobuf';
import { type Compression, compressedFlag, encodeEnvelope } from '@connectrpc/connect/protocol';
import type { OpenStream, StreamReader } from '@kreki/runtime/rpc/open-stream';
import { COMPRESSED_BYTES_MIN, type PlainCall } from './plain.ts';
import type { StreamWire } from './stream-wires.ts';

/** Puts what a service sends into a caller's answer, a message at a time: the next is asked for when the caller has room for it. */
export class StreamAnswer implements StreamReader {
  readonly #plain: PlainCall<StreamWire>;
  readonly #compression: Compression | undefined;
  readonly #types: TypeRegistry;
  #source: OpenStream | undefined;
  #left = false;
  #compressing = false;
  #end: { readonly error: unknown } | undefined;

  constructor(plain: PlainCall<StreamWire>, compression: Compression | undefined, types: TypeRegistry) {
    this.#plain = plain;
    this.#compression = compression;
    this.#types = types;
    plain.exchange.response.once('close', () => {
      this.#left = true;
      this.#source?.cancel();
    });
  }

  /** Where the messages come from; nothing is wanted of it once the caller has left. */
  from(source: OpenStream): void {
    this.#source = source;
    if (this.#left) source.cancel();
  }

  message(bytes: Uint8Array): void {
    let written = bytes;
    try {
      if (!this.#plain.binary) written = this.#json(bytes);
    } catch (error) {
      this.#source?.cancel();
      this.end(error);
      return;
    }
    const worthIt = written.byteLength >= COMPRESSED_BYTES_MIN;
    if (this.#compression && worthIt) void this.#compress(this.#compression, written);
    else this.#send(0, written);
  }

  #json(bytes: Uint8Array): Uint8Array {
    const { serialization, target } = this.#plain;
    return serialization.getO(false).serialize(fromBinary<DescMessage>(target.method.output, bytes));
  }

  end(error: unknown): void {
    if (this.#left) return;
    this.#end = { error };
    if (this.#compressing) return;
    const { exchange, wire } = this.#plain;
    this.#begin();
    wire.end(exchange.response, error, this.#types);
  }

  #begin(): void {
    const { exchange, wire, binary } = this.#plain;
    if (exchange.response.headersSent) return;
    const type = { 'content-type': wire.typeOf(binary) };
    const encoding = this.#compression && { [wire.encodingHeader]: this.#compression.name };
    exchange.response.writeHead(200, { ...type, ...encoding });
  }

  #send(flags: number, bytes: Uint8Array): void {
    if (this.#left) return;
    const { response } = this.#plain.exchange;
    this.#begin();
    if (response.write(encodeEnvelope(flags, bytes))) this.#source?.next();
    else response.once('drain', () => this.#source?.next());
  }

  async #compress(compression: Compression, bytes: Uint8Array): Promise<void> {
    this.#compressing = true;
    const compressed = await compression.compress(bytes).catch(() => undefined);
    this.#compressing = false;
    if (compressed) this.#send(compressedFlag, compressed);
    else this.#send(0, bytes);
    if (this.#end) this.end(this.#end.error);
  }
}
