import type { ConnectError } from '@connectrpc/connect';
import type { OpenStream, StreamReader } from '@kreki/runtime/rpc/open-stream';

/** Streams that pass through the edge as bytes. One listener ends all of them when the edge stops: thousands would each be sought among the others. */
export class PassingStreams {
  readonly #passing = new Set<Passing>();
  readonly #shutdown: AbortSignal;

  /** @param shutdown Its reason is what streams are told. */
  constructor(shutdown: AbortSignal) {
    this.#shutdown = shutdown;
    shutdown.addEventListener('abort', () => {
      for (const stream of this.#passing) stream.end(shutdown.reason);
    });
  }

  /** Opens a stream for a reader, who is told `refuse`'s error of whatever it ends with. */
  pass(
    reader: StreamReader,
    refuse: (error: unknown) => ConnectError,
    open: (reader: StreamReader) => OpenStream,
  ): OpenStream {
    const stream = new Passing(reader, refuse, this.#passing);
    stream.begin(open);
    if (this.#shutdown.aborted) stream.end(this.#shutdown.reason);
    return stream;
  }
}

class Passing implements StreamReader, OpenStream {
  #source: OpenStream | undefined;
  readonly #reader: StreamReader;
  readonly #refuse: (error: unknown) => ConnectError;
  readonly #passing: Set<Passing>;

  constructor(reader: StreamReader, refuse: (error: unknown) => ConnectError, passing: Set<Passing>) {
    this.#reader = reader;
    this.#refuse = refuse;
    this.#passing = passing;
  }

  begin(open: (reader: StreamReader) => OpenStream): void {
    this.#source = open(this);
    this.#passing.add(this);
  }

  message(bytes: Uint8Array): void {
    this.#reader.message(bytes);
  }

  end(error: ConnectError | undefined): void {
    if (!this.#passing.delete(this)) return;
    this.#source?.cancel();
    this.#reader.end(error && this.#refuse(error));
  }

  next(): void {
    this.#source?.next();
  }

  cancel(): void {
    this.#passing.delete(this);
    this.#source?.cancel();
  }
}
