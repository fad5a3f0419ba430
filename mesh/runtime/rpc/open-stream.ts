import type { ConnectError } from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import { toError } from './metadata.ts';

/** Who takes what a service sends in a stream. */
export interface StreamReader {
  /** One message, as the bytes that it came in; the next one comes when it is asked for. */
  message(bytes: Uint8Array): void;
  /** The end, with its error if it is not a good one. Nothing comes after it. */
  end(error: ConnectError | undefined): void;
}

/** A stream as its reader holds it. */
export interface OpenStream {
  /** Asks for one more message; the first comes unasked. */
  next(): void;
  /** Ends it for a reader who wants no more, and who hears no more of it. */
  cancel(): void;
}

type Call = ReturnType<grpc.ChannelInterface['createCall']>;

/** A call as a channel makes it, without the object stream and the interceptors that grpc-js puts around one: these hold more than the call does. */
export class ReceivedStream implements OpenStream {
  readonly #reader: StreamReader;
  #call: Call | undefined;
  #ended = false;

  constructor(reader: StreamReader) {
    this.#reader = reader;
  }

  /** Sends the request with its one message; not for a reader who has left already. */
  start(open: () => Call, metadata: grpc.Metadata, message: Uint8Array): void {
    if (this.#ended) return;
    this.#call = open();
    this.#call.start(metadata, this);
    this.#call.sendMessageWithContext({}, Buffer.from(message.buffer, message.byteOffset, message.byteLength));
    this.#call.halfClose();
    this.#call.startRead();
  }

  next(): void {
    if (!this.#ended) this.#call?.startRead();
  }

  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#call?.cancelWithStatus(grpc.status.CANCELLED, 'the reader left');
  }

  end(error: ConnectError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reader.end(error);
  }

  onReceiveMetadata(): void {}

  onReceiveMessage(bytes: Buffer): void {
    if (!this.#ended) this.#reader.message(bytes);
  }

  onReceiveStatus(status: grpc.StatusObject): void {
    this.end(toError(status));
  }
}
