import type { Message } from '../../simulators/inbox/message.ts';
import type { ServiceName } from '../../topology.ts';
import type { Operation, Watched } from '../load/journal.ts';
import type { SignedOut } from '../load/newcomers.ts';
import type { EmergencyEvent } from './read/emergency-events.ts';

/** Everything the auditor goes by. Times in Unix milliseconds; statuses by the contracts' numbers. */
export interface Evidence {
  readonly times: Times;
  /** What people did and were told. */
  readonly journal: { readonly operations: readonly Operation[]; readonly watched: readonly Watched[] };
  readonly signedOut: readonly (SignedOut & { readonly stillLetIn: boolean })[];
  readonly emergency: EmergencyTables;
  readonly notification: NotificationTables;
  readonly volunteers: readonly VolunteerRow[];
  readonly userIds: ReadonlySet<string>;
  readonly outboxes: Readonly<Record<ServiceName, OutboxState>>;
  /** By domain, each in the order of its stream. */
  readonly streams: Readonly<Record<ServiceName, readonly StreamEvent[]>>;
  readonly consumers: readonly ConsumerState[];
  readonly deadLetters: readonly DeadLetterRow[];
  readonly phones: PhonesState;
  readonly machine: MachineState;
}

export interface Times {
  readonly loadBeganMs: number;
  /** When the last fault was over. */
  readonly lastFaultMs: number;
  /** When every part answered again; from then on times count. */
  readonly calmMs: number;
  readonly auditedMs: number;
}

export interface EmergencyTables {
  readonly emergencies: readonly EmergencyRow[];
  readonly offers: readonly OfferRow[];
  readonly responses: readonly ResponseRow[];
}

export interface EmergencyRow {
  readonly id: string;
  readonly requesterId: string;
  readonly requestId: string | null;
  readonly severity: number;
  readonly status: number;
  readonly respondersNeeded: number;
  readonly createdMs: number;
  readonly firstOfferMs: number | null;
  readonly assignedMs: number | null;
  readonly arrivedMs: number | null;
  readonly completedMs: number | null;
  readonly cancelledMs: number | null;
  readonly escalatedMs: number | null;
  readonly nextStepMs: number | null;
  readonly version: number;
}

export interface OfferRow {
  readonly id: string;
  readonly emergencyId: string;
  readonly volunteerId: string;
  readonly status: number;
  readonly offeredMs: number;
  readonly closedMs: number | null;
}

export interface ResponseRow {
  readonly emergencyId: string;
  readonly volunteerId: string;
  readonly status: number;
  readonly acceptedMs: number;
  readonly enRouteMs: number | null;
  readonly arrivedMs: number | null;
  readonly completedMs: number | null;
}

export interface NotificationTables {
  readonly notifications: readonly NotificationRow[];
  readonly deliveries: readonly DeliveryRow[];
}

export interface NotificationRow {
  readonly id: string;
  readonly userId: string;
  readonly sourceEventId: string;
  readonly kind: string;
  readonly offerId: string | null;
  readonly emergencyId: string | null;
  readonly createdMs: number;
}

export interface DeliveryRow {
  readonly id: string;
  readonly notificationId: string;
  readonly userId: string;
  readonly channel: number;
  readonly status: number;
  readonly attempts: number;
  readonly error: string;
  readonly providerId: string | null;
}

export interface VolunteerRow {
  readonly id: string;
  readonly engagedEmergencyId: string | null;
  readonly measuredMs: number | null;
}

export interface OutboxState {
  readonly waiting: number;
  /** Events that are still kept, in the order in which they were written. */
  readonly rows: readonly { readonly id: string; readonly aggregateId: string; readonly streamSeq: number | null }[];
}

export interface StreamEvent {
  readonly seq: number;
  readonly id: string;
  readonly aggregateId: string;
  /** Full name of its message. */
  readonly type: string;
  readonly storedMs: number;
  /** Of the emergency domain only: what it says. */
  readonly emergency?: EmergencyEvent | undefined;
  /** Of the notification domain only: who answered an offer by a button. */
  readonly answeredBy?: string | undefined;
}

export interface ConsumerState {
  readonly durable: string;
  readonly pending: number;
  readonly unacknowledged: number;
}

export interface DeadLetterRow {
  readonly durable: string;
  readonly subject: string;
  readonly aggregateId: string;
  readonly reason: string;
}

export interface PhonesState {
  readonly messages: readonly Message[];
  /** Webhooks that the edge has not taken yet. */
  readonly webhooksWaiting: number;
  /** E.164 and mail addresses, by the id of the person they belong to. */
  readonly owners: ReadonlyMap<string, string>;
}

export interface MachineState {
  /** Parts that do not answer. */
  readonly unhealthy: readonly string[];
  readonly ends: readonly {
    readonly name: string;
    readonly atMs: number;
    readonly reason: string;
    readonly asked: boolean;
  }[];
  /** Processes of this run that nobody supervises. */
  readonly orphans: readonly string[];
  readonly links: readonly LinkReading[];
  readonly sessions: readonly SessionRow[];
}

/** Connections of one way, as the link has them and as the server has them. */
export interface LinkReading {
  readonly name: string;
  readonly connections: number;
  readonly dangling: number;
  readonly forgotten: number;
  /** More than these can only be left behind. */
  readonly most: number;
}

/** A session of PostgreSQL in the midst of something. */
export interface SessionRow {
  readonly application: string;
  readonly state: string;
  readonly forMs: number;
  readonly query: string;
}
