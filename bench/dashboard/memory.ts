/** A day of spans in minutes: 10 million go through the receiver as OTLP; the process must stay under its bound while the newest can still be found. */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import { ExportTraceServiceRequestSchema } from '@kreki/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import { createReceiver } from '../../mesh/dashboard/otlp/receiver.ts';
import { Telemetry } from '../../mesh/dashboard/store/telemetry.ts';

const BATCH = 512;
const BOUND_MB = 512;
const STORE_MB = 256;

const workloads = ['gateway', 'auth', 'volunteer', 'emergency', 'notification'];
const text = (value: string) => ({ value: { case: 'stringValue' as const, value } });

/** A batch as the SDK exports it: the ids are new each time, everything else is what a call of the mesh records. */
function batch(workload: string, startMs: number): { bytes: Uint8Array; traceId: Uint8Array } {
  const traceId = randomBytes(16);
  const spans = Array.from({ length: BATCH }, (_, index) => {
    const start = BigInt(Math.round(startMs * 1e3 + index)) * 1_000n;
    return {
      traceId: index % 6 === 0 ? randomBytes(16) : traceId,
      spanId: randomBytes(8),
      parentSpanId: index % 6 === 0 ? new Uint8Array() : randomBytes(8),
      name: `kreki.${workload}.v1.Service/Method${index % 20}`,
      kind: 2,
      startTimeUnixNano: start,
      endTimeUnixNano: start + 5_000_000n,
      attributes: [
        { key: 'rpc.system.name', value: text('grpc') },
        { key: 'rpc.method', value: text(`kreki.${workload}.v1.Service/Method${index % 20}`) },
        { key: 'rpc.response.status_code', value: text('ok') },
        { key: 'kreki.emergency.id', value: text('0193a4b6-7c1e-7b60-a6a4-7a64a1a4d0aa') },
      ],
    };
  });
  const resource = { attributes: [{ key: 'service.name', value: text(workload) }] };
  const request = create(ExportTraceServiceRequestSchema, { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  return { bytes: toBinary(ExportTraceServiceRequestSchema, request), traceId };
}

const megabytes = (bytes: number) => Math.round(bytes / 1024 ** 2);

export async function memory(args: string[]): Promise<boolean> {
  const { values } = parseArgs({ args, options: { spans: { type: 'string', default: '10000000' } } });
  const total = Number(values.spans);
  const telemetry = new Telemetry({ maxBytes: STORE_MB * 1024 ** 2, maxAgeMs: 3_600_000 });
  const receiver = createReceiver(telemetry);
  let [sent, spentMs, worst] = [0, 0, 0];
  let last: Uint8Array = new Uint8Array();

  console.log('     spans   held  store MB  resident MB  spans/s');
  for (let round = 0; sent < total; round += 1) {
    const made = batch(workloads[round % workloads.length] ?? '', Date.now());
    last = made.traceId;
    const start = performance.now();
    receiver.receive('traces', made.bytes);
    spentMs += performance.now() - start;
    sent += BATCH;
    worst = Math.max(worst, process.memoryUsage.rss());
    if (round % Math.ceil(total / BATCH / 10) === 0 || sent >= total) {
      const columns = [sent, telemetry.spans.count, megabytes(telemetry.bytes), megabytes(process.memoryUsage.rss())];
      console.log(
        [...columns, Math.round((sent / spentMs) * 1_000)].map((each) => String(each).padStart(10)).join(' '),
      );
    }
  }
  const found = [...telemetry.spans.ofTrace(last)].length;
  const ok = megabytes(worst) < BOUND_MB && found > 0;
  console.log(
    `${ok ? '✓' : '✗'} most resident: ${megabytes(worst)} MB of ${BOUND_MB}; spans of the newest trace found: ${found}`,
  );
  return ok;
}
