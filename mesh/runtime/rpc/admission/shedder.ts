import { Priority } from '@kreki/gen/kreki/options/v1/options_pb.js';

/** What the event loop was like since it was looked at last. */
export interface LoopSample {
  /** How late timers were, on average, in milliseconds. */
  readonly delayMs: number;
  /** Share of the time in which it was busy, 0 to 1; a loop that is late but idle is on a machine where others take the time. */
  readonly utilization: number;
}

const RISE = 0.05;
/** A loop that is very late sheds faster, up to this many times. */
const HASTE_MAX = 5;
const FALL = 0.02;
const BUSY = 0.8;
/** How many times the limit the delay must be before anything critical is refused. */
const DESPERATE = 10;

/** Position of a class on the scale of pressure: refused in part from here on, and wholly from one further. */
const BEGINS: Readonly<Record<Priority, number>> = {
  [Priority.SHEDDABLE]: 0,
  [Priority.NORMAL]: 1,
  [Priority.UNSPECIFIED]: 1,
  [Priority.CRITICAL]: 2,
};

/**
 * Decides how much to refuse while the event loop is late: first a part of what is sheddable, then all of it, then of what is normal, and what
 * is critical last. Pressure rises while the delay is over the limit, stays while it is between the limit and half of that, and falls slowly
 * below, so that letting calls in again does not at once shut them out.
 */
export class Shedder {
  readonly #limitMs: number;
  readonly #owed = new Map<Priority, number>();
  #pressure = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** 0: nothing is refused; 1: everything sheddable; 2: everything normal too; 3: everything. */
  get pressure(): number {
    return this.#pressure;
  }

  /** To be called about ten times a second. */
  observe({ delayMs, utilization }: LoopSample): void {
    const before = this.#pressure;
    const most = delayMs > this.#limitMs * DESPERATE ? 3 : 2;
    if (utilization >= BUSY && delayMs > this.#limitMs) {
      const raised = before + RISE * Math.min(delayMs / this.#limitMs, HASTE_MAX);
      this.#pressure = raised <= most ? raised : Math.max(most, before - FALL);
    } else if (utilization < BUSY || delayMs < this.#limitMs / 2) {
      this.#pressure = Math.max(0, before - FALL);
    }
  }

  /** Whether a call may go on. Of a class that is refused in part every so-manieth is, evenly. */
  admits(priority: Priority): boolean {
    const share = Math.min(Math.max(this.#pressure - BEGINS[priority], 0), 1);
    if (share === 0) return true;
    const owed = (this.#owed.get(priority) ?? 0) + share;
    this.#owed.set(priority, owed >= 1 ? owed - 1 : owed);
    return owed < 1;
  }
}
