/** A mesh of 50 services with 500 ways between them, in no language in particular: all that the dashboard gets is OTLP. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ExportMetricsServiceRequestSchema } from '@kreki/gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js';
import {
  AggregationTemporality,
  type ExponentialHistogramDataPointSchema,
} from '@kreki/gen/opentelemetry/proto/metrics/v1/metrics_pb.js';

export const SERVICES = 50;
export const EDGES = 500;
const TIER = 10;
/** Scale 3: buckets 9 % wide. */
const SCALE = 3;
const TEN_MS = Math.floor(Math.log2(0.01) * 2 ** SCALE);

/** Who calls whom, as indices: everybody the next tier, and some the tier after it. */
export const WAYS: readonly (readonly [caller: number, callee: number])[] = Array.from(
  { length: SERVICES ** 2 },
  (_, pair) => [Math.floor(pair / SERVICES), pair % SERVICES] as const,
)
  .filter(([caller, callee]) => {
    const down = Math.floor(callee / TIER) - Math.floor(caller / TIER);
    return down === 1 || (down === 2 && (caller + callee) % 3 === 0);
  })
  .slice(0, EDGES);

const nameOf = (index: number) => `service-${String(index).padStart(2, '0')}`;

/** What every service that is called sends after so many seconds. */
export function fixture(startMs: number, seconds: number): Uint8Array {
  const now = BigInt(startMs + seconds * 1_000) * 1_000_000n;
  const start = BigInt(startMs) * 1_000_000n;
  const resourceMetrics = Array.from({ length: SERVICES }, (_, called) => {
    const dataPoints = WAYS.filter(([, callee]) => callee === called).map(([caller]) =>
      point(start, now, nameOf(caller), Math.round(seconds * (1 + ((called * 7 + caller * 3) % 40)) * wave(seconds))),
    );
    const aggregationTemporality = AggregationTemporality.CUMULATIVE;
    const data = { case: 'exponentialHistogram' as const, value: { dataPoints, aggregationTemporality } };
    return {
      resource: { attributes: [attribute('service.name', nameOf(called)), attribute('service.instance.id', 'one')] },
      scopeMetrics: [{ metrics: [{ name: 'rpc.server.call.duration', unit: 's', data }] }],
    };
  });
  return toBinary(ExportMetricsServiceRequestSchema, create(ExportMetricsServiceRequestSchema, { resourceMetrics }));
}

/** Rates rise, so that every figure on the page changes. */
const wave = (seconds: number) => 1 + seconds / 100;

function point(
  start: bigint,
  now: bigint,
  caller: string,
  calls: number,
): MessageInitShape<typeof ExponentialHistogramDataPointSchema> {
  const share = Math.floor(calls / 4);
  return {
    startTimeUnixNano: start,
    timeUnixNano: now,
    count: BigInt(calls),
    sum: calls * 0.015,
    scale: SCALE,
    positive: { offset: TEN_MS, bucketCounts: [share, share, share, calls - 3 * share].map(BigInt) },
    attributes: [
      attribute('rpc.system.name', 'grpc'),
      attribute('rpc.method', 'example.v1.ExampleService/Get'),
      attribute('rpc.response.status_code', 'ok'),
      attribute('kreki.caller', caller),
      attribute('kreki.security', 'mtls'),
    ],
  };
}

const attribute = (key: string, value: string) => ({ key, value: { value: { case: 'stringValue' as const, value } } });
