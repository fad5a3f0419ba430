import pg from 'pg';
import { withDatabase } from '../../../local/servers/databases.ts';
import { type ServiceName, serviceNames, services } from '../../../topology.ts';
import type {
  DeliveryRow,
  EmergencyRow,
  Evidence,
  NotificationRow,
  OfferRow,
  OutboxState,
  ResponseRow,
  SessionRow,
  VolunteerRow,
} from '../evidence.ts';

/** A time as Unix milliseconds, under a column name. */
const ms = (column: string, as: string) => `(extract(epoch FROM ${column}) * 1000)::float8 AS "${as}"`;

const EMERGENCIES = `
  SELECT id, requester_id AS "requesterId", request_id AS "requestId", severity, status, responders_needed AS "respondersNeeded",
    version::int, ${ms('created_at', 'createdMs')}, ${ms('first_offer_at', 'firstOfferMs')}, ${ms('assigned_at', 'assignedMs')},
    ${ms('arrived_at', 'arrivedMs')}, ${ms('completed_at', 'completedMs')}, ${ms('cancelled_at', 'cancelledMs')},
    ${ms('escalated_at', 'escalatedMs')}, ${ms('next_step_at', 'nextStepMs')}
  FROM emergencies ORDER BY id`;
const OFFERS = `
  SELECT id, emergency_id AS "emergencyId", volunteer_id AS "volunteerId", status, ${ms('offered_at', 'offeredMs')},
    ${ms('closed_at', 'closedMs')}
  FROM offers ORDER BY id`;
const RESPONSES = `
  SELECT emergency_id AS "emergencyId", volunteer_id AS "volunteerId", status, ${ms('accepted_at', 'acceptedMs')},
    ${ms('en_route_at', 'enRouteMs')}, ${ms('arrived_at', 'arrivedMs')}, ${ms('completed_at', 'completedMs')}
  FROM responses`;
const NOTIFICATIONS = `
  SELECT id, user_id AS "userId", source_event_id AS "sourceEventId", content->>'kind' AS kind, content->>'offerId' AS "offerId",
    emergency_id AS "emergencyId", ${ms('create_time', 'createdMs')}
  FROM notification`;
const DELIVERIES = `
  SELECT id, notification_id AS "notificationId", user_id AS "userId", channel, status, attempts, error, provider_id AS "providerId"
  FROM delivery`;
const VOLUNTEERS = `
  SELECT v.id, v.engaged_emergency_id AS "engagedEmergencyId", ${ms('p.measured_at', 'measuredMs')}
  FROM volunteers v JOIN positions p ON p.volunteer_id = v.id`;
const OUTBOX = 'SELECT id, aggregate_id AS "aggregateId", stream_seq::int AS "streamSeq" FROM outbox ORDER BY seq';
const WAITING = 'SELECT count(*)::int AS waiting FROM outbox WHERE published_at IS NULL';
const SESSIONS = `
  SELECT application_name AS application, state, left(query, 120) AS query,
    (extract(epoch FROM now() - coalesce(xact_start, state_change)) * 1000)::float8 AS "forMs"
  FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state IS DISTINCT FROM 'idle'`;

/** Sessions of each service, by the database they are on. */
const SESSION_COUNTS = `
  SELECT datname AS database, count(*)::int AS sessions FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND datname LIKE 'kreki\\_%' GROUP BY datname`;

type Tables = Pick<Evidence, 'emergency' | 'notification' | 'volunteers' | 'userIds' | 'outboxes'>;

/** @param superuserUrl The server as its administrator, past every link. */
export async function readDatabases(superuserUrl: string): Promise<Tables> {
  const tables = await reading(superuserUrl, 'emergency', async (query) => ({
    emergencies: await query<EmergencyRow>(EMERGENCIES),
    offers: await query<OfferRow>(OFFERS),
    responses: await query<ResponseRow>(RESPONSES),
  }));
  const notification = await reading(superuserUrl, 'notification', async (query) => ({
    notifications: await query<NotificationRow>(NOTIFICATIONS),
    deliveries: await query<DeliveryRow>(DELIVERIES),
  }));
  const volunteers = await reading(superuserUrl, 'volunteer', (query) => query<VolunteerRow>(VOLUNTEERS));
  const users = await reading(superuserUrl, 'auth', (query) => query<{ id: string }>('SELECT id FROM users'));
  const outboxes: Partial<Record<ServiceName, OutboxState>> = {};
  for (const name of serviceNames) {
    if (!services[name].publishes) continue;
    outboxes[name] = await reading(superuserUrl, name, async (query) => ({
      rows: await query<OutboxState['rows'][number]>(OUTBOX),
      waiting: (await query<{ waiting: number }>(WAITING))[0]?.waiting ?? 0,
    }));
  }
  return {
    emergency: tables,
    notification,
    volunteers,
    userIds: new Set(users.map(({ id }) => id)),
    outboxes: outboxes as Record<ServiceName, OutboxState>,
  };
}

/** Rows that wait to be published, of all services. */
export async function countWaiting(superuserUrl: string): Promise<number> {
  let sum = 0;
  for (const name of serviceNames) {
    if (!services[name].publishes) continue;
    const [row] = await reading(superuserUrl, name, (query) => query<{ waiting: number }>(WAITING));
    sum += row?.waiting ?? 0;
  }
  return sum;
}

/** Messages that wait to be sent, or of which it is not known yet whether they were. */
export const countUnsent = (superuserUrl: string): Promise<number> =>
  reading(superuserUrl, 'notification', async (query) => {
    const [row] = await query<{ unsent: number }>(
      'SELECT count(*)::int AS unsent FROM delivery WHERE status IN (1, 2)',
    );
    return row?.unsent ?? 0;
  });

export const readSessions = (superuserUrl: string): Promise<SessionRow[]> =>
  reading(superuserUrl, undefined, (query) => query<SessionRow>(SESSIONS));

/** How many sessions there are on each service's database. */
export async function countSessions(superuserUrl: string): Promise<ReadonlyMap<string, number>> {
  const rows = await reading(superuserUrl, undefined, (query) =>
    query<{ database: string; sessions: number }>(SESSION_COUNTS),
  );
  return new Map(rows.map(({ database, sessions }) => [database.replace('kreki_', ''), sessions]));
}

type Query = <Row extends object>(text: string) => Promise<Row[]>;

async function reading<T>(
  superuserUrl: string,
  service: ServiceName | undefined,
  read: (query: Query) => Promise<T>,
): Promise<T> {
  const connectionString = service ? withDatabase(superuserUrl, `kreki_${service}`) : superuserUrl;
  const client = new pg.Client({ connectionString, application_name: 'auditor' });
  await client.connect();
  try {
    return await read(async (text) => (await client.query(text)).rows);
  } finally {
    await client.end();
  }
}
