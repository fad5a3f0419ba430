import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { EmergencyRequestedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { event } from '@kreki/runtime/events/outbox';
import pg from 'pg';
import { repository } from '../../mesh/local/folders.ts';
import { type Script, withValues } from './pgbench.ts';

/** UUID v7, as the mesh makes them: in the order of time, which an index takes more easily than chance. */
const UUID =
  `(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')` +
  ` || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid`;

/** A press and its event by the shortest statement there is for one of each. */
const INSERT_PRESS = `WITH pressed AS (
    INSERT INTO emergencies (id, requester_id, request_id, latitude, longitude, accuracy_meters, severity, category, description,
      responders_needed, search_radius_meters, received_at, next_step_at, traceparent)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now(), $18)
    ON CONFLICT DO NOTHING
    RETURNING created_at
  ), told AS (
    INSERT INTO outbox (id, subject, aggregate_id, payload, headers)
    SELECT $13, $14, $15, $16, $17 FROM pressed
  )
  SELECT created_at FROM pressed`;

/** An empty database on the mesh's own server. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await withClient(serverUrl, (server) => server.query(`CREATE DATABASE ${name}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** One with emergency's schema, where no dispatcher looks. */
export async function pressDatabase(serverUrl: string, name = 'bench_press'): Promise<string> {
  const url = await createDatabase(serverUrl, name);
  const migrations = globSync('services/emergency/prisma/migrations/*/migration.sql', { cwd: repository }).toSorted();
  await withClient(url, async (database) => {
    for (const migration of migrations) await database.query(readFileSync(`${repository}/${migration}`, 'utf8'));
  });
  return url;
}

/** A press with an event as large as one is, by somebody else each time. */
export function pressScript(place: { latitude: number; longitude: number }): Script {
  const id = randomUUID();
  const message = { emergencyId: id, requesterId: id, severity: Severity.CRITICAL, requestTime: timestampNow() };
  const { subject, payload, headers } = event(EmergencyRequestedSchema, message, id);
  const press = [UUID, 'gen_random_uuid()', 'NULL', String(place.latitude), String(place.longitude), '0'];
  const asked = [String(Severity.CRITICAL), '0', `''`, '3', '2000', 'clock_timestamp()'];
  const told = [UUID, ':subject', 'gen_random_uuid()', ':payload', ':headers', ':traceparent'];
  return {
    sql: withValues(INSERT_PRESS, [...press, ...asked, ...told]),
    variables: {
      subject,
      payload: `\\x${Buffer.from(payload).toString('hex')}`,
      headers: JSON.stringify(headers),
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
  };
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return work(client).finally(() => client.end());
}
