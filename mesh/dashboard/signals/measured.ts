import { Distribution } from '../store/distribution.ts';
import type { Series, Span } from '../store/metrics.ts';
import type { Telemetry } from '../store/telemetry.ts';

/** Calls of one kind, from one caller to one RPC with one end, as a process measured them. */
export interface Measured {
  readonly workload: string;
  readonly instance: string;
  /** `kreki.auth.v1.AuthService/Login`, or method and route of an HTTP server. */
  readonly operation: string;
  /** gRPC's name of the code in lower case; `ok` when nothing else was said. */
  readonly code: string;
  /** Of streams only how many there were: how long one lives is not how fast it was. */
  readonly durations: Distribution;
  readonly attributes: Series['attributes'];
}

/** Where calls answered are measured: the mesh's own names first, then those of OpenTelemetry that others send. */
const ANSWERED = [
  { metric: 'rpc.server.call.duration', operation: rpcOf },
  { metric: 'kreki.edge.call.duration', operation: rpcOf },
  { metric: 'http.server.request.duration', operation: routeOf },
] as const;

/** Calls that each process answered. */
export function answered({ metrics }: Telemetry, span: Span): Measured[] {
  return ANSWERED.flatMap(({ metric, operation }) =>
    [...metrics.distributions(metric, span)].map(([series, durations]) =>
      measured(series, durations, operation(series)),
    ),
  );
}

/** Calls that each process sent. */
export const sent = (telemetry: Telemetry, span: Span): Measured[] =>
  read(telemetry, 'rpc.client.call.duration', span, rpcOf);

/** Events that each process handled. */
export const handled = (telemetry: Telemetry, span: Span): Measured[] =>
  read(telemetry, 'messaging.process.duration', span, ({ attributes }) => attributes['kreki.event'] ?? '');

/** Statements that each process sent to a database. */
export const stored = (telemetry: Telemetry, span: Span): Measured[] =>
  read(telemetry, 'db.client.operation.duration', span, ({ attributes }) => attributes['db.operation.name'] ?? '');

/** Messages that each process sent to a provider. */
export const provided = (telemetry: Telemetry, span: Span): Measured[] =>
  read(telemetry, 'kreki.provider.call.duration', span, ({ attributes }) => attributes['kreki.provider'] ?? '');

function read({ metrics }: Telemetry, metric: string, span: Span, operation: (series: Series) => string): Measured[] {
  return [...metrics.distributions(metric, span)].map(([series, durations]) =>
    measured(series, durations, operation(series)),
  );
}

function measured(series: Series, durations: Distribution, operation: string): Measured {
  const { workload, instance, attributes } = series;
  const streams = STREAMS.has(attributes['kreki.rpc.kind'] ?? '');
  const code = codeOf(attributes);
  return { workload, instance, operation, code, durations: streams ? countOf(durations) : durations, attributes };
}

const STREAMS = new Set(['server_streaming', 'client_streaming', 'bidi_streaming']);

function countOf({ count }: Distribution): Distribution {
  const counted = new Distribution();
  counted.count = count;
  return counted;
}

function rpcOf({ attributes }: Series): string {
  const method = attributes['rpc.method'] ?? '';
  const service = attributes['rpc.service'];
  return service && !method.includes('/') ? `${service}/${method}` : method;
}

function routeOf({ attributes }: Series): string {
  return [attributes['http.request.method'], attributes['http.route']].filter(Boolean).join(' ');
}

function codeOf(attributes: Series['attributes']): string {
  const status = attributes['rpc.response.status_code'];
  if (status) return status.toLowerCase();
  const http = Number(attributes['http.response.status_code'] ?? 0);
  if (http >= 500) return 'internal';
  if (http >= 400) return 'invalid_argument';
  const outcome = attributes.outcome;
  if (outcome && !SENT.has(outcome)) return outcome;
  return attributes['error.type']?.toLowerCase() || 'ok';
}

/** Outcomes of a message to a provider that are no failure. */
const SENT = new Set(['sent', 'ok', 'delivered', 'skipped']);
