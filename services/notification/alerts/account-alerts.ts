import type { UserRegistered } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { Channel, Priority, Topic } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { Alert } from './alert.ts';

export function userRegistered(event: UserRegistered): Alert {
  return {
    topic: Topic.ACCOUNT,
    priority: Priority.NORMAL,
    channels: [Channel.EMAIL],
    recipients: [{ userId: event.userId, content: { kind: 'welcome' } }],
  };
}
