import type { StreamResponse } from '@connectrpc/connect';

/** What somebody on the way of a stream has to do with it. */
export interface OnTheWay<In, Out> {
  /** Asks for one more, where that is not as it is: within a context. */
  ask?(next: () => Promise<IteratorResult<In>>): Promise<IteratorResult<In>>;
  /** What goes on in place of a message; may throw, which ends the stream. */
  message(message: In): Out;
  /** What it is to end with, by what was thrown. */
  failed?(thrown: unknown): unknown;
  /** Once, whichever way it ends; with what it ended with, if that was a failure. */
  ended?(failure?: { readonly error: unknown }): void;
}

/** The messages of a stream after somebody on its way: a promise each, where a generator has four and holds more while it waits. */
export const passed = <In, Out>(messages: AsyncIterable<In>, way: OnTheWay<In, Out>): AsyncIterableIterator<Out> =>
  new Passed(messages[Symbol.asyncIterator](), way);

/** An answer without its messages. */
export type Answer = Pick<StreamResponse, 'service' | 'method' | 'header' | 'trailer'>;

/** An answer with other messages; headers are made when somebody looks at them, as most never do. */
export const withMessages = (answer: Answer, message: StreamResponse['message']): StreamResponse => ({
  stream: true,
  service: answer.service,
  method: answer.method,
  message,
  get header() {
    return answer.header;
  },
  get trailer() {
    return answer.trailer;
  },
});

class Passed<In, Out> implements AsyncIterableIterator<Out> {
  readonly #source: AsyncIterator<In>;
  readonly #way: OnTheWay<In, Out>;
  #over = false;

  constructor(source: AsyncIterator<In>, way: OnTheWay<In, Out>) {
    this.#source = source;
    this.#way = way;
  }

  next(): Promise<IteratorResult<Out>> {
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    try {
      return this.#ask().then(this.#take, this.#fail);
    } catch (error) {
      return Promise.reject(this.#end(error));
    }
  }

  async return(): Promise<IteratorResult<Out>> {
    if (!this.#over) {
      this.#over = true;
      this.#way.ended?.();
    }
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #ask(): Promise<IteratorResult<In>> {
    return this.#way.ask ? this.#way.ask(() => this.#source.next()) : this.#source.next();
  }

  readonly #take = (result: IteratorResult<In>): IteratorResult<Out> => {
    if (!result.done) {
      try {
        return { done: false, value: this.#way.message(result.value) };
      } catch (error) {
        this.#source.return?.().catch(() => undefined);
        throw this.#end(error);
      }
    }
    if (!this.#over) {
      this.#over = true;
      this.#way.ended?.();
    }
    return { done: true, value: undefined };
  };

  readonly #fail = (thrown: unknown): never => {
    throw this.#end(thrown);
  };

  #end(thrown: unknown): unknown {
    const error = this.#way.failed ? this.#way.failed(thrown) : thrown;
    if (!this.#over) {
      this.#over = true;
      this.#way.ended?.({ error });
    }
    return error;
  }
}
