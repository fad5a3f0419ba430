import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';
import type { Span } from '../store/metrics.ts';
import type { Ask } from './prometheus.ts';
import { type ProxyEdge, readProxyEdges } from './proxy-edges.ts';

const INTERVAL_MS = 10_000;
/** A span that ends so shortly before now goes on with the time. */
const LIVE_MS = 5_000;
/** What was read longer ago is not what is. */
const STALE_MS = 60_000;
const PRESET_LENGTH_MS = 300_000;
/** Spans remembered; the one that was asked for longest ago leaves. */
const SPANS_MAX = 32;

interface Read {
  edges: readonly ProxyEdge[] | undefined;
  readMs: number;
  reading: boolean;
}

/** Linkerd's proxies by way of Prometheus. Nobody waits for it: who asks gets what was last read, and reading goes on beside. */
export class ProxySource {
  problem = 'Prometheus was not read yet';
  lastMs: number | undefined;
  readonly #ask: Ask;
  readonly #namespace: string;
  readonly #spans = new Map<string, Read>();
  readonly #loop: Loop;

  constructor(ask: Ask, namespace: string, log: Logger) {
    this.#ask = ask;
    this.#namespace = namespace;
    const read = async () => {
      const endMs = Date.now();
      const span = { startMs: endMs - PRESET_LENGTH_MS, endMs };
      await this.#read(this.#of(span), span);
    };
    this.#loop = loop('prometheus', INTERVAL_MS, read, { log });
    this.#loop.start();
  }

  /** As last read for a span of this length, or for this very one when it is past; undefined while there is nothing to show. */
  edges(span: Span): readonly ProxyEdge[] | undefined {
    const nowMs = Date.now();
    const read = this.#of(span);
    const age = nowMs - read.readMs;
    if (!read.reading && age > INTERVAL_MS && (isLive(span, nowMs) || !read.edges)) void this.#read(read, span);
    return isLive(span, nowMs) && age > STALE_MS ? undefined : read.edges;
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #of(span: Span): Read {
    const key = `${isLive(span, Date.now()) ? 'live' : span.endMs}|${Math.round((span.endMs - span.startMs) / 1_000)}`;
    const read = this.#spans.get(key) ?? { edges: undefined, readMs: 0, reading: false };
    this.#spans.delete(key);
    this.#spans.set(key, read);
    for (const oldest of this.#spans.keys()) {
      if (this.#spans.size <= SPANS_MAX) break;
      this.#spans.delete(oldest);
    }
    return read;
  }

  async #read(read: Read, span: Span): Promise<void> {
    if (read.reading) return;
    read.reading = true;
    try {
      read.edges = await readProxyEdges(this.#ask, this.#namespace, span);
      this.lastMs = Date.now();
      this.problem =
        read.edges.length > 0 || !isLive(span, Date.now())
          ? ''
          : `it knows nothing of Linkerd's proxies in the namespace ${this.#namespace}: does it scrape them (port 4191)?`;
    } catch (error) {
      read.edges = undefined;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    read.readMs = Date.now();
    read.reading = false;
  }
}

const isLive = ({ endMs }: Span, nowMs: number): boolean => nowMs - endMs < LIVE_MS;
