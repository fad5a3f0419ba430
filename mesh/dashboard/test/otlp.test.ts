import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { plain, textOf } from '../otlp/attributes.ts';
import { serveOtlpGrpc } from '../otlp/grpc.ts';
import { serveOtlpHttp } from '../otlp/http.ts';
import { createReceiver } from '../otlp/receiver.ts';
import { Telemetry } from '../store/telemetry.ts';

const telemetry = new Telemetry({ maxBytes: 64 * 1024 * 1024, maxAgeMs: 3_600_000 });
const receiver = createReceiver(telemetry);
const resource = resourceFromAttributes({ 'service.name': 'emergency', 'service.instance.id': 'one' });
const anyPort = { host: '127.0.0.1', port: 0 };
let http: Awaited<ReturnType<typeof serveOtlpHttp>>;
let grpc: Awaited<ReturnType<typeof serveOtlpGrpc>>;

before(async () => {
  http = await serveOtlpHttp(anyPort, receiver);
  grpc = await serveOtlpGrpc(anyPort, receiver);
});

after(() => Promise.all([http.stop(), grpc.stop()]));

const always = { startMs: 0, endMs: Date.now() + 3_600_000 };

test('spans that the SDK exports over HTTP are found by their trace, with code, fault and attributes', async () => {
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${http.port}/v1/traces` });
  const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('test');
  const parent = tracer.startSpan('kreki.emergency.v1.EmergencyService/Get', { kind: SpanKind.SERVER });
  const child = tracer.startSpan(
    'SELECT emergency',
    { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } },
    trace.setSpan(ROOT_CONTEXT, parent),
  );
  child.end();
  parent.setAttribute('rpc.response.status_code', 'INTERNAL').setStatus({ code: SpanStatusCode.ERROR }).end();
  await provider.forceFlush();
  await provider.shutdown();

  const spans = [...telemetry.spans.ofTrace(Buffer.from(parent.spanContext().traceId, 'hex'))];
  assert.equal(spans.length, 2);
  const first = spans.find(({ root }) => root);
  assert.ok(first);
  assert.equal(first.name, 'kreki.emergency.v1.EmergencyService/Get');
  assert.equal(first.workload, 'emergency');
  assert.equal(first.code, 'internal');
  assert.equal(first.fault, true);
  assert.equal(first.kind, 2);
  const second = spans.find(({ root }) => !root);
  assert.deepEqual(plain(second?.decode().attributes ?? []), { 'db.system.name': 'postgresql' });
});

test('histograms and counters that the SDK exports over gRPC add up to what was recorded, cumulative or not', async () => {
  const exporter = new OTLPMetricExporter({ url: `http://127.0.0.1:${grpc.port}` });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const exponential = { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 500 } } as const;
  const views = [{ instrumentName: 'fine', aggregation: exponential }];
  const provider = new MeterProvider({ resource, readers: [reader], views });
  const meter = provider.getMeter('test');
  const [fine, coarse, counter] = [
    meter.createHistogram('fine'),
    meter.createHistogram('coarse'),
    meter.createCounter('calls'),
  ];
  const values = Array.from({ length: 1_000 }, (_, index) => (index + 1) / 1_000);
  for (const part of [values.slice(0, 300), values.slice(300)]) {
    for (const value of part) {
      fine.record(value, { rpc: 'a' });
      coarse.record(value * 1_000, { rpc: 'a' });
      counter.add(2, { rpc: 'a' });
    }
    await reader.forceFlush();
  }
  await provider.shutdown();

  const [[series, distribution] = []] = telemetry.metrics.distributions('fine', always);
  assert.deepEqual(series?.attributes, { rpc: 'a' });
  assert.equal(distribution?.count, 1_000);
  for (const q of [0.5, 0.95, 0.99]) {
    const found: number = distribution?.quantile(q) ?? 0;
    assert.ok(Math.abs(found / q - 1) < 0.01, `the quantile ${q} came out as ${found}`);
  }
  assert.ok(Math.abs((distribution?.atMost(0.25) ?? 0) - 250) < 3);
  const [[, bounded] = []] = telemetry.metrics.distributions('coarse', always);
  assert.equal(bounded?.count, 1_000);
  assert.ok((bounded?.quantile(0.5) ?? 0) > 400 && (bounded?.quantile(0.5) ?? 0) < 600);
  assert.deepEqual([...telemetry.metrics.increases('calls', always).values()], [2_000]);
});

test('log records that the SDK exports as JSON keep their trace, severity and text', async () => {
  const exporter = new OTLPLogExporter({ url: `http://127.0.0.1:${http.port}/v1/logs` });
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
  const seen: string[] = [];
  const following = telemetry.onLog((log) => seen.push(textOf(log.decode().body)));
  provider.getLogger('test').emit({ body: 'help is on the way', severityNumber: 13, attributes: { radius: 500 } });
  await provider.forceFlush();
  await provider.shutdown();
  following.stop();
  const [log] = telemetry.logs.backwards();
  assert.equal(log?.severity, 13);
  assert.deepEqual(plain(log?.decode().attributes ?? []), { radius: '500' });
  assert.deepEqual(seen, ['help is on the way']);
});

test('what is no OTLP is refused with a reason', async () => {
  const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${http.port}${path}`, { method: 'POST', body, headers });
  const proto = { 'content-type': 'application/x-protobuf' };
  assert.equal((await post('/v1/profiles', '', proto)).status, 404);
  assert.equal((await post('/v1/traces', 'x', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await post('/v1/traces', 'no protobuf at all', proto)).status, 400);
  assert.equal((await post('/v1/traces', '{', { 'content-type': 'application/json' })).status, 400);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  assert.equal((await post('/v1/traces', bomb, { ...proto, 'content-encoding': 'gzip' })).status, 400);
  assert.equal((await fetch(`http://127.0.0.1:${http.port}/v1/traces`)).status, 405);
});
