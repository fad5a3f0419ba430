import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HISTOGRAMS } from '@kreki/runtime/telemetry';
import { AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { serveOtlpHttp } from '../otlp/http.ts';
import { createReceiver } from '../otlp/receiver.ts';
import { Telemetry } from '../store/telemetry.ts';

/** Shapes that durations have, in seconds, from a number between 0 and 1. */
const shapes: Readonly<Record<string, (u: number) => number>> = {
  'about the same': (u) => 0.1 + 0.02 * u,
  'a long tail': (u) => 0.004 * Math.exp(2.2 * Math.sqrt(-2 * Math.log(1 - u * 0.9999))),
  'two kinds': (u) => (u < 0.8 ? 0.002 + 0.001 * u : 0.5 + 0.3 * u),
  'five decades': (u) => 10 ** (5 * u - 4),
};
const CALLS = 4_000;
const EXPORTS = 5;

for (const [shape, duration] of Object.entries(shapes)) {
  test(`percentiles are within 1 % of those of every single duration: ${shape}`, async () => {
    const telemetry = new Telemetry({ maxBytes: 64 * 1024 * 1024, maxAgeMs: 3_600_000 });
    const http = await serveOtlpHttp({ host: '127.0.0.1', port: 0 }, createReceiver(telemetry));
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({
        url: `http://127.0.0.1:${http.port}/v1/metrics`,
        temporalityPreference: AggregationTemporalityPreference.DELTA,
      }),
    });
    const provider = new MeterProvider({ readers: [reader], views: [HISTOGRAMS] });
    const histogram = provider.getMeter('test').createHistogram('durations', { unit: 's' });
    const exact: number[] = [];
    for (let turn = 0; turn < EXPORTS; turn += 1) {
      for (let call = 0; call < CALLS; call += 1) {
        // Evenly spread, in no order.
        const value = duration((((call * 1_597 + turn * 613) % CALLS) + 0.5) / CALLS);
        exact.push(value);
        histogram.record(value);
      }
      await provider.forceFlush();
    }
    await provider.shutdown();
    await http.stop();

    exact.sort((a, b) => a - b);
    const [shown] = telemetry.metrics.distributions('durations', { startMs: 0, endMs: Date.now() + 1_000 }).values();
    assert.equal(shown?.count, CALLS * EXPORTS);
    for (const q of [0.5, 0.95, 0.99]) {
      const wanted = exact[Math.ceil(q * exact.length) - 1] ?? 0;
      const found = shown.quantile(q);
      assert.ok(Math.abs(found / wanted - 1) < 0.01, `p${q * 100}: ${found} shown, ${wanted} measured`);
    }
  });
}
