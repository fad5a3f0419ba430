import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { observeBacklog } from '../events/relay-metrics.ts';
import { meter, startTelemetry, stopTelemetry } from '../telemetry.ts';

test('what is measured reaches a collector, also by metrics that were made before telemetry started', async () => {
  const bodies: string[] = [];
  const collector = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      bodies.push(`${request.url} ${body}`);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  after(() => collector.close());
  await once(collector, 'listening');
  const address = collector.address();
  assert.ok(address && typeof address === 'object');

  const early = meter.createCounter('kreki.test.early');
  const waits = meter.createHistogram('kreki.test.waits');
  const level = meter.createGauge('kreki.test.level');
  early.add(1);
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${address.port}`;
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL = 'http/protobuf';
  startTelemetry('test');
  early.add(1);
  waits.record(5);
  level.record(7);
  const observed = observeBacklog('test', async () => ({ depth: 3, oldestAgeMs: 1_000 }));
  await stopTelemetry();
  observed.stop();

  const metrics = bodies.filter((body) => body.startsWith('/v1/metrics')).join('');
  for (const name of [
    'kreki.test.early',
    'kreki.test.waits',
    'kreki.test.level',
    'kreki.outbox.depth',
    'kreki.outbox.age',
  ])
    assert.ok(metrics.includes(name), `${name} was not sent: ${bodies.length} requests`);
});
