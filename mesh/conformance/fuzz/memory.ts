import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Memory of a process, in bytes, after so many requests. */
interface Sample {
  readonly requests: number;
  readonly bytes: number;
}

export interface Growth {
  readonly process: string;
  /** What a process still needs, where that can be told; else what it has of the machine's memory. */
  readonly measured: 'live' | 'resident';
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
/** Growth in 100,000 requests that may be chance: of what the collector leaves for later, and of what happens to be under way. */
const TOLERATED_BYTES = { live: 24 * 1024 * 1024, resident: 48 * 1024 * 1024 };
const PER_100_000 = 100_000;

/** Follows the memory of processes while requests are made. */
export class Memory {
  readonly #resident = new Map<string, Sample[]>();
  readonly #live = new Map<string, Sample[]>();

  /** What each process has of the machine's memory. */
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
      if (rss !== undefined) add(this.#resident, name, { requests, bytes: rss * 1024 });
    }
  }

  /** What a process still needs. */
  addLive(name: string, requests: number, bytes: number): void {
    add(this.#live, name, { requests, bytes });
  }

  growth(): Growth[] {
    return [...this.#resident].map(([process, samples]) => {
      const live = this.#live.get(process) ?? [];
      return live.length >= WINDOWS ? growthOf(process, 'live', live) : growthOf(process, 'resident', samples);
    });
  }
}

function add(all: Map<string, Sample[]>, name: string, sample: Sample): void {
  const samples = all.get(name) ?? [];
  all.set(name, samples);
  samples.push(sample);
}

/** By what memory is at its lowest in each of a dozen windows: a collector's saw-teeth have no part in it. */
function growthOf(process: string, measured: Growth['measured'], samples: readonly Sample[]): Growth {
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
    measured,
    firstBytes: samples[0]?.bytes ?? 0,
    warmBytes: lows[0]?.bytes ?? 0,
    lastBytes: lows.at(-1)?.bytes ?? 0,
    slopeBytes,
    flat: slopeBytes <= TOLERATED_BYTES[measured],
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
