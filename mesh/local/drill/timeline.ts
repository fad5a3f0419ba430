/** What happened in a drill, in milliseconds after the press. */
export interface Moment {
  readonly label: string;
  readonly atMs: number;
  readonly targetMs?: number;
  readonly note?: string;
}

export class Timeline {
  readonly #moments: Moment[] = [];
  readonly #startMs: number;

  /** @param startMs Unix time of the press, in milliseconds */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** @param at Unix time in milliseconds; now when not given */
  add(label: string, options: { at?: number; targetMs?: number; note?: string } = {}): void {
    const { at = Date.now(), ...rest } = options;
    this.#moments.push({ label, atMs: Math.max(0, at - this.#startMs), ...rest });
  }

  /** Whether every moment with a target came within it. */
  get ok(): boolean {
    return this.#moments.every(({ atMs, targetMs }) => targetMs === undefined || atMs <= targetMs);
  }

  /** One line a moment, in the order they happened. */
  lines(): string[] {
    return [...this.#moments]
      .sort((one, other) => one.atMs - other.atMs)
      .map(({ label, atMs, targetMs, note = '' }) => {
        const verdict = targetMs === undefined ? '' : `${atMs <= targetMs ? '✓' : '✗'} target ${said(targetMs)}`;
        return `  ${said(atMs).padStart(9)}  ${label.padEnd(20)}${verdict.padEnd(21)}${note}`.trimEnd();
      });
  }
}

const said = (ms: number) => `${Math.round(ms).toLocaleString('en')} ms`;
