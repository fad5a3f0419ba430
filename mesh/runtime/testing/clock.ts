/** The clock of this process, to be set while it runs: what `Date` takes for the present moves, what is measured without it does not. */

const Real = Date;
let offsetMs = 0;

class SetDate extends Real {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(SetDate.now());
    else super(...(given as [number]));
  }

  static override now(): number {
    return Real.now() + offsetMs;
  }
}

/** Sets the clock by so many milliseconds, back when they are negative; `restore` sets it right again. */
export function setClock(byMs: number): { restore(): void } {
  globalThis.Date = SetDate as DateConstructor;
  offsetMs += byMs;
  return {
    restore() {
      offsetMs = 0;
      globalThis.Date = Real;
    },
  };
}
