import { reasonOf } from './probes.ts';

/** A series of an instant vector. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Asks a question in PromQL as of a time; throws an Error that says what is wrong. */
export type Ask = (query: string, timeMs: number) => Promise<Sample[]>;

const PATIENCE_MS = 5_000;
/** More than any mesh's edges have. */
const SERIES_MAX = 20_000;

interface Answer {
  readonly status?: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: { readonly resultType?: string; readonly result?: unknown };
}

/** A client of Prometheus' HTTP API, or of what speaks it too; the URL may have a path before `/api/v1`. */
export function openPrometheus(url: string): Ask {
  const endpoint = `${url.replace(/\/+$/, '')}/api/v1/query`;
  return async (query, timeMs) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      body: new URLSearchParams({ query, time: (timeMs / 1_000).toFixed(3), timeout: `${PATIENCE_MS}ms` }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch((error: Error) => {
      throw new Error(`it does not answer: ${reasonOf(error)}`);
    });
    const answer = (await response.json().catch(() => undefined)) as Answer | undefined;
    if (!answer || typeof answer !== 'object')
      throw new Error(`status ${response.status}, and no answer of Prometheus`);
    if (answer.status !== 'success') {
      throw new Error(`it answers ${answer.errorType ?? response.status}: ${answer.error ?? 'without a reason'}`);
    }
    const { resultType, result } = answer.data ?? {};
    if (resultType !== 'vector' || !Array.isArray(result)) throw new Error(`it answers a ${resultType}, not a vector`);
    return result.slice(0, SERIES_MAX).flatMap(sampleOf);
  };
}

/** What is no number, such as the quotient of nothing by nothing, is left out. */
function sampleOf(series: { metric?: Record<string, string>; value?: [number, string] }): Sample[] {
  const value = Number(series.value?.[1] ?? Number.NaN);
  return Number.isFinite(value) ? [{ labels: series.metric ?? {}, value }] : [];
}
