import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Resident memory of a process, in bytes, after so many requests. */
interface Sample {
  readonly requests: number;
  readonly bytes: number;
}

export interface Growth {
  readonly process: string;
  readonly firstBytes: number;
  /** Once the process had warmed up. */
  readonly warmBytes: number;
  readonly lastBytes: number;
  /** What it grows by in 100,000 requests, once it is warm. */
  readonly slopeBytes: number;
  readonly flat: boolean;
}

/** Compiled code, caches that fill and a heap that has found its size: what comes after that must stay. */
const WARM_UP = 0.4;
const WINDOWS = 12;
/** Growth in 100,000 requests that may be noise of the collector's. */
const TOLERATED_BYTES = 48 * 1024 * 1024;
const PER_100_000 = 100_000;

/** Follows the memory of processes while requests are made. */
export class Memory {
  readonly #samples = new Map<string, Sample[]>();

  async sample(processes: ReadonlyMap<string, number>, requests: number): Promise<void> {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,rss=', '-p', [...processes.values()].join(',')]);
    const kilobytes = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]),
    );
    for (const [name, pid] of processes) {
      const rss = kilobytes.get(pid);
      if (rss === undefined) continue;
      const samples = this.#samples.get(name) ?? [];
      this.#samples.set(name, samples);
      samples.push({ requests, bytes: rss * 1024 });
    }
  }

  growth(): Growth[] {
    return [...this.#samples].map(([process, samples]) => growthOf(process, samples));
  }
}

/** By what memory is at its lowest in each of a dozen windows: a collector's saw-teeth have no part in it. */
function growthOf(process: string, samples: readonly Sample[]): Growth {
  const total = samples.at(-1)?.requests ?? 0;
  const from = total * WARM_UP;
  const windows = Map.groupBy(
    samples.filter(({ requests }) => requests >= from),
    ({ requests }) => Math.min(WINDOWS - 1, Math.floor(((requests - from) / (total - from || 1)) * WINDOWS)),
  );
  const lows = [...windows.values()].map((window) =>
    window.reduce((low, each) => (each.bytes < low.bytes ? each : low)),
  );
  const slopeBytes = medianSlope(lows) * PER_100_000;
  return {
    process,
    firstBytes: samples[0]?.bytes ?? 0,
    warmBytes: lows[0]?.bytes ?? 0,
    lastBytes: lows.at(-1)?.bytes ?? 0,
    slopeBytes,
    flat: slopeBytes <= TOLERATED_BYTES,
  };
}

/** Of the slopes between any two (Theil and Sen), which outliers do not move. */
function medianSlope(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((one, index) =>
    samples.slice(index + 1).flatMap((other) => {
      const requests = other.requests - one.requests;
      return requests === 0 ? [] : [(other.bytes - one.bytes) / requests];
    }),
  );
  slopes.sort((one, other) => one - other);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}
