import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GoldenSignalsSchema } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { Distribution } from '../store/distribution.ts';
import type { Span } from '../store/metrics.ts';

/** Codes that say that the mesh, not the caller, is at fault; and those of other protocols that say so. */
const FAULTS = new Set(['internal', 'unknown', 'data_loss', 'unimplemented', 'unavailable', 'deadline_exceeded']);
const GOOD = new Set(['ok', '', 'canceled', 'cancelled']);

export type Outcome = 'ok' | 'refusal' | 'fault';

/** What a code says, in whichever case it is written; what is no code of gRPC's is the type of an error, and a fault. */
export function outcomeOf(code: string): Outcome {
  const plain = code.toLowerCase();
  if (GOOD.has(plain)) return 'ok';
  if (FAULTS.has(plain) || !REFUSALS.has(plain)) return 'fault';
  return 'refusal';
}

const REFUSALS = new Set([
  'invalid_argument',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unauthenticated',
]);

/** Adds up calls, and says what they amount to. */
export class Signals {
  readonly #durations = new Distribution();
  #faults = 0;
  #refusals = 0;
  readonly codes: Record<string, number> = {};

  add(code: string, durations: Distribution): void {
    this.#durations.add(durations);
    const plain = code.toLowerCase() || 'ok';
    this.codes[plain] = (this.codes[plain] ?? 0) + durations.count;
    const outcome = outcomeOf(plain);
    if (outcome === 'fault') this.#faults += durations.count;
    if (outcome === 'refusal') this.#refusals += durations.count;
  }

  /** Adds what has no duration and cannot fail, such as events that were published. */
  count(calls: number): void {
    this.#durations.count += calls;
  }

  get faults(): number {
    return this.#faults;
  }

  get calls(): number {
    return this.#durations.count;
  }

  get durations(): Distribution {
    return this.#durations;
  }

  golden({ startMs, endMs }: Span): MessageInitShape<typeof GoldenSignalsSchema> {
    const { calls } = this;
    const quantileMs = (q: number) => this.#durations.quantile(q) * 1_000;
    return {
      calls: BigInt(calls),
      faults: BigInt(this.#faults),
      refusals: BigInt(this.#refusals),
      rate: (calls * 1_000) / Math.max(endMs - startMs, 1),
      successRatio: calls === 0 ? 1 : 1 - this.#faults / calls,
      p50Ms: quantileMs(0.5),
      p95Ms: quantileMs(0.95),
      p99Ms: quantileMs(0.99),
    };
  }
}
