import type { ReceivedLog } from '../otlp/logs.ts';
import type { ReceivedSpan } from '../otlp/spans.ts';
import { Interner } from './interner.ts';
import { type HeldLog, Logs } from './logs.ts';
import { Metrics } from './metrics.ts';
import { Spans } from './spans.ts';

export interface TelemetryLimits {
  /** Memory of everything held, in bytes. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

type SpanListener = (workload: string, span: ReceivedSpan) => void;
type LogListener = (log: HeldLog) => void;

/** Everything that the processes of the mesh said of themselves in the last hour, as far as it fits. */
export class Telemetry {
  readonly spans: Spans;
  readonly logs: Logs;
  readonly metrics: Metrics;
  /** When each workload was last heard, in milliseconds since 1970. */
  readonly lastHeard = new Map<string, number>();
  readonly #spanListeners = new Set<SpanListener>();
  readonly #logListeners = new Set<LogListener>();

  constructor({ maxBytes, maxAgeMs }: TelemetryLimits) {
    const workloads = new Interner(WORKLOADS_MAX);
    const share = (part: number) => ({ maxBytes: maxBytes * part, maxAgeMs });
    this.spans = new Spans(share(0.6), {
      workloads,
      names: new Interner(NAMES_MAX),
      codes: new Interner(CODES_MAX),
    });
    this.logs = new Logs(share(0.15), workloads);
    this.metrics = new Metrics(share(0.25));
  }

  addSpan(workload: string, span: ReceivedSpan, nowMs: number): void {
    this.spans.add(workload, span, nowMs);
    for (const listen of this.#spanListeners) listen(workload, span);
  }

  addLog(workload: string, record: ReceivedLog, nowMs: number): void {
    const held = this.logs.add(workload, record, nowMs);
    for (const listen of this.#logListeners) listen(held);
  }

  heard(workload: string, nowMs: number): void {
    this.lastHeard.delete(workload);
    this.lastHeard.set(workload, nowMs);
    for (const oldest of this.lastHeard.keys()) {
      if (this.lastHeard.size <= WORKLOADS_MAX) return;
      this.lastHeard.delete(oldest);
    }
  }

  /** Calls back with each span from now on. */
  onSpan(listener: SpanListener): { stop(): void } {
    this.#spanListeners.add(listener);
    return { stop: () => void this.#spanListeners.delete(listener) };
  }

  /** Calls back with each log record from now on. */
  onLog(listener: LogListener): { stop(): void } {
    this.#logListeners.add(listener);
    return { stop: () => void this.#logListeners.delete(listener) };
  }

  /** Lets go what is too old or too much. */
  evict(nowMs: number): void {
    this.spans.evict(nowMs);
    this.logs.evict(nowMs);
    this.metrics.evict(nowMs);
  }

  get bytes(): number {
    return this.spans.bytes + this.logs.bytes + this.metrics.bytes;
  }
}

const WORKLOADS_MAX = 1_000;
const NAMES_MAX = 20_000;
const CODES_MAX = 1_000;
