import { fromBinary } from '@bufbuild/protobuf';
import { ExportMetricsServiceRequestSchema } from '@kreki/gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js';
import type { Telemetry } from '../store/telemetry.ts';
import { readLog } from './logs.ts';
import { MetricReceiver } from './metrics.ts';
import { readSpan } from './spans.ts';
import { walkRecords } from './walk.ts';

export const SIGNALS = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof SIGNALS)[number];

/** Takes export requests of OTLP, as the bytes of their messages, into the store. */
export interface Receiver {
  /** Throws when the bytes are no such message; what was read before the fault is kept. */
  receive(signal: Signal, request: Uint8Array): void;
}

export function createReceiver(telemetry: Telemetry): Receiver {
  const metrics = new MetricReceiver(telemetry.metrics);
  return {
    receive(signal, request) {
      const nowMs = Date.now();
      const heard = new Set<string>();
      if (signal === 'metrics') {
        const message = fromBinary(ExportMetricsServiceRequestSchema, request);
        for (const workload of metrics.receive(message, nowMs)) heard.add(workload);
      } else {
        walkRecords(request, ({ workload }, record) => {
          heard.add(workload);
          if (signal === 'traces') telemetry.addSpan(workload, readSpan(record), nowMs);
          else telemetry.addLog(workload, readLog(record), nowMs);
        });
      }
      for (const workload of heard) telemetry.heard(workload, nowMs);
    },
  };
}
