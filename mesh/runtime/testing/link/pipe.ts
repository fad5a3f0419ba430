import type { Socket } from 'node:net';

/** What waits in a pipe: bytes, or how the sender ended. */
type Item = { readonly dueMs: number } & ({ readonly chunk: Buffer } | { readonly ending: 'end' | 'reset' });

const HELD_BYTES_MAX = 4_000_000;

/** One direction of a connection: carries bytes, and the end of them, with a delay or not at all for a while. */
export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #queue: Item[] = [];
  #bytes = 0;
  #lastDueMs = 0;
  #delay: () => number = () => 0;
  #held = false;
  #draining = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      if (this.#bytes > HELD_BYTES_MAX) from.pause();
      this.#add({ chunk });
    });
    from.on('end', () => this.#add({ ending: 'end' }));
    from.on('error', () => this.#add({ ending: 'reset' }));
    to.on('drain', () => {
      this.#draining = false;
      this.#pump();
    });
  }

  /** @param delay Milliseconds that the next chunk takes. */
  setDelay(delay: () => number): void {
    this.#delay = delay;
    this.#pump();
  }

  /** While held nothing passes; then everything that came does. */
  hold(held: boolean): void {
    this.#held = held;
    this.#pump();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #add(item: { chunk: Buffer } | { ending: 'end' | 'reset' }): void {
    this.#lastDueMs = Math.max(this.#lastDueMs, performance.now() + this.#delay());
    this.#queue.push({ ...item, dueMs: this.#lastDueMs });
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#held && !this.#draining) {
      const item = this.#queue[0];
      if (!item) return;
      const waitMs = item.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), waitMs);
        return;
      }
      this.#queue.shift();
      if ('ending' in item) this.#finish(item.ending);
      else this.#write(item.chunk);
    }
  }

  #write(chunk: Buffer): void {
    this.#bytes -= chunk.length;
    if (this.#bytes <= HELD_BYTES_MAX / 2) this.#from.resume();
    if (!this.#to.destroyed) this.#draining = !this.#to.write(chunk);
  }

  #finish(ending: 'end' | 'reset'): void {
    if (this.#to.destroyed) return;
    if (ending === 'end') this.#to.end();
    else reset(this.#to);
  }
}

/** Ends a connection by RST at once, whatever its peer has not read yet. */
export function reset(socket: Socket): void {
  socket.resetAndDestroy();
  socket.destroy();
}
