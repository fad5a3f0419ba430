import { Channel, Priority } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { meter, tracer } from '@kreki/runtime/telemetry';
import { context, SpanKind, trace } from '@opentelemetry/api';
import type { Outcome } from '../channels/outcome.ts';

const duration = meter.createHistogram('kreki.notification.delivery.duration', {
  description: 'From queueing a message to the end of an attempt to send it',
  unit: 's',
});

const calls = meter.createHistogram('kreki.provider.call.duration', {
  description: 'Duration of an attempt to send a message to a provider',
  unit: 's',
});

/** Measures an attempt to send to a provider; within a trace that is recorded it is a span too. */
export async function toProvider(
  provider: 'fcm' | 'whatsapp' | 'smtp',
  emergencyId: string | null,
  attempt: () => Promise<Outcome>,
): Promise<Outcome> {
  const startMs = performance.now();
  const span = tracer.startSpan(`send ${provider}`, {
    kind: SpanKind.CLIENT,
    attributes: { 'kreki.provider': provider, ...(emergencyId && { 'kreki.emergency.id': emergencyId }) },
  });
  const active = trace.setSpan(context.active(), span);
  const outcome = await context.with(active, attempt).finally(() => span.end());
  calls.record((performance.now() - startMs) / 1_000, { 'kreki.provider': provider, outcome: outcome.kind });
  return outcome;
}

/** @param attempt `tookMs` counts from when the message was queued. */
export function measure(attempt: {
  priority: Priority;
  channel: Channel;
  outcome: Outcome['kind'];
  tookMs: number;
}): void {
  duration.record(attempt.tookMs / 1_000, {
    priority: Priority[attempt.priority].toLowerCase(),
    channel: Channel[attempt.channel].toLowerCase(),
    outcome: attempt.outcome,
  });
}
