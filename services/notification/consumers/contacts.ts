import {
  UserDeactivatedSchema,
  UserRegisteredSchema,
  UserUpdatedSchema,
} from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { type Consumer, consumer, on } from '@kreki/runtime/events/consumer';
import { userRegistered } from '../alerts/account-alerts.ts';
import type { Queues } from '../delivery/queues.ts';
import { closeContact, markStale } from '../store/contacts.ts';
import { forgetDevicesOf } from '../store/devices.ts';
import { notify } from './notify.ts';

/** Follows accounts: whom to reach how, and who is new. */
export function contactsConsumer(queues: Queues, refresh: { wake(): void }): Consumer {
  return consumer({
    from: 'auth',
    durable: 'notification-contacts',
    handle: [
      on(UserRegisteredSchema, async (event, context) => {
        await markStale(context.tx, event.userId);
        await notify(queues, userRegistered(event), context);
      }),
      on(UserUpdatedSchema, (event, { tx }) => markStale(tx, event.userId)),
      on(UserDeactivatedSchema, async (event, { tx }) => {
        await closeContact(tx, event.userId);
        await forgetDevicesOf(tx, event.userId);
      }),
    ],
    committed: () => {
      refresh.wake();
      queues.wake();
    },
  });
}
