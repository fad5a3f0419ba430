import type { Latency } from '../harness/sample.ts';

/** What is watched by whom, and where. */
export interface Setting {
  readonly edgeUrl: string;
  readonly h2cUrl: string;
  /** File with people who each press once. */
  readonly requestersFile: string;
  /** File with people who each open a stream, as many for each emergency. */
  readonly watchersFile: string;
  /** Connections that the streams share. */
  readonly connections: number;
}

/** What the process that watches is told, in this order; `open` to `close` as often as wanted. */
export type Question =
  | { readonly kind: 'press'; readonly setting: Setting }
  | { readonly kind: 'open' }
  | { readonly kind: 'change'; readonly seconds: number }
  | { readonly kind: 'close' };

export interface Answer {
  /** Changes seen, each by each stream. */
  readonly calls?: number;
  readonly seconds?: number;
  /** From the intended moment of a change until a stream shows it. */
  readonly latency?: Latency;
  readonly cpuSeconds?: number;
  readonly errors?: Readonly<Record<string, number>>;
}
