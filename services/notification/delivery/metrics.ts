import { Channel, Priority } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { meter } from '@kreki/runtime/telemetry';
import type { Outcome } from '../channels/outcome.ts';

const duration = meter.createHistogram('kreki.notification.delivery.duration', {
  description: 'From queueing a message to the end of an attempt to send it',
  unit: 's',
  advice: { explicitBucketBoundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] },
});

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
