import type { Client } from '@connectrpc/connect';
import type { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import type { Database } from '@kreki/runtime/database/database';
import type { Outbox } from '@kreki/runtime/events/outbox';
import type { Logger } from '@kreki/runtime/log';
import type { DispatchConfig } from './dispatch/policy.ts';
import type { Acknowledgements } from './store/acknowledgements.ts';
import type { PressWriter } from './store/press-writer.ts';
import type { WatchHub } from './watch/hub.ts';

/** What the handlers of this service work with. */
export interface Context {
  readonly database: Database;
  /** The same, by connections that only presses take: however much there is to dispatch, the next press does not wait for it. */
  readonly presses: Database;
  readonly pressWriter: PressWriter;
  readonly outbox: Outbox;
  readonly volunteers: Client<typeof VolunteerService>;
  readonly dispatch: DispatchConfig;
  readonly movedMeters: number;
  readonly log: Logger;
  readonly watch: WatchHub;
  readonly acknowledgements: Acknowledgements;
  /** Makes dispatch look for due emergencies now. */
  wakeDispatch(): void;
}
