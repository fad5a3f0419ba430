import { isSpanContextValid, trace } from '@opentelemetry/api';
import { type Logger, type LoggerOptions, pino } from 'pino';
import type { LogLevel } from './config.ts';
import { logExport } from './log-export.ts';
import { isCollected } from './telemetry.ts';

export type { Logger };

/** Names under which secrets and personal data may turn up in what is logged, at the top or one level down. */
const PRIVATE = [
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'secret',
  'cookie',
  'nik',
  'phone',
  'email',
  'fullName',
];

/** JSON lines on standard output, and over OTLP where telemetry is collected, each with the trace it belongs to, secrets and personal data redacted. */
export function createLogger(name: string, level: LogLevel = 'info'): Logger {
  const options: LoggerOptions = {
    name,
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: PRIVATE.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
    mixin: () => {
      const span = trace.getActiveSpan()?.spanContext();
      return span && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {};
    },
  };
  if (!isCollected()) return pino(options);
  const output = { stream: pino.destination(1), level: 'trace' } as const;
  return pino(options, pino.multistream([output, { stream: logExport, level: 'info' }]));
}

const REPEATED_MS = 60_000;
const KEYS_MAX = 1_000;

/** Warns at most once a minute for each key, and says how often it kept silent since: for what somebody else may cause without end. */
export function seldom(log: Logger): (key: string, fields: object, message: string) => void {
  const told = new Map<string, { atMs: number; silent: number }>();
  return (key, fields, message) => {
    const before = told.get(key);
    const nowMs = performance.now();
    if (before && nowMs - before.atMs < REPEATED_MS) {
      before.silent += 1;
      return;
    }
    if (!before && told.size >= KEYS_MAX) told.clear();
    told.set(key, { atMs: nowMs, silent: 0 });
    log.warn({ ...fields, ...(before?.silent ? { alsoSince: before.silent } : {}) }, message);
  };
}
