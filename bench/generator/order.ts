import type { Latency } from '../harness/sample.ts';

/** Calls of one RPC, byte for byte, so that making them costs the generator as little as it can. */
export interface Load {
  readonly over: 'http1' | 'grpc';
  /** Without a path. */
  readonly url: string;
  /** Of other replicas, called in turn with it. */
  readonly others?: readonly string[];
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64, taken in turns. */
  readonly bodies: readonly string[];
  /** File with people, each of whom makes one call in turn. */
  readonly people?: string;
  /** Who calls over mTLS, and whom. */
  readonly mesh?: { readonly folder: string; readonly caller: string; readonly service: string };
}

export interface Person {
  readonly token: string;
  readonly address: string;
}

/** What the generator is told. Loads are given once, and keep their connections. */
export type Order =
  | { readonly kind: 'prepare'; readonly name: string; readonly load: Load }
  /** So many callers, each calling again when it is answered: how much the other side takes. */
  | { readonly kind: 'closed'; readonly name: string; readonly seconds: number; readonly callers: number }
  /** A call at each intended moment, whether or not the ones before are answered: how long it takes then. */
  | { readonly kind: 'open'; readonly name: string; readonly seconds: number; readonly perSecond: number };

export interface Outcome {
  /** Calls that ended well. */
  readonly calls: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Of calls at their intended moments. */
  readonly latency?: Latency;
  /** CPU time of the generator itself. */
  readonly cpuSeconds: number;
}
