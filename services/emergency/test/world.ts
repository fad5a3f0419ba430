import { randomUUIDv7 } from 'node:crypto';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import type { Category, Emergency, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Decision, EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { reasonOf } from '@kreki/runtime/errors';
import type { RunningService } from '@kreki/runtime/service';
import { type TestMesh, testMesh } from '@kreki/runtime/testing/harness';
import pg from 'pg';
import { readConfig } from '../config.ts';
import { startEmergency } from '../service.ts';
import { type Events, openEvents } from './events.ts';
import { monas, type Neighbourhood, startNeighbourhood } from './neighbourhood.ts';

export type EmergencyClient = Client<typeof EmergencyService>;

export const ROLE = {
  citizen: { role: 'public', permissions: ['emergencies:create'] },
  volunteer: { role: 'volunteer', permissions: ['emergencies:create', 'responses:create', 'responses:update'] },
  dispatcher: {
    role: 'dispatcher',
    permissions: [
      'emergencies:create',
      'emergencies:read',
      'emergencies:update',
      'volunteers:read',
      'dispatch:read',
      'statistics:read',
    ],
  },
} as const;

/** What a press says besides the contract's defaults. */
export interface PressDetails {
  readonly location?: typeof monas;
  readonly severity?: Severity;
  readonly category?: Category;
  readonly description?: string;
}

export interface Person {
  readonly id: string;
  readonly client: EmergencyClient;
}

/** The service on servers of its own, with volunteers around that a test places. */
export interface World {
  readonly mesh: TestMesh;
  /** Of the first replica. */
  readonly url: string;
  readonly pool: pg.Pool;
  readonly events: Events;
  readonly around: Neighbourhood;
  readonly dispatcher: Person;
  /** The first replica. */
  readonly service: RunningService;
  /** Another replica, on the same database and bus. */
  start(extra?: Record<string, string>): Promise<RunningService>;
  /** Somebody, by default at the first replica. */
  person(role: keyof typeof ROLE, id?: string, url?: string): Promise<Person>;
  /** A citizen of their own presses at Monas. */
  press(request?: PressDetails): Promise<{ id: string; citizen: Person }>;
  /** As a dispatcher sees it. */
  look(id: string): Promise<Emergency>;
  /** Volunteers whose offer is open, the nearest first. */
  asked(id: string): Promise<string[]>;
  accept(id: string, volunteerId: string): Promise<Emergency>;
  decline(id: string, volunteerId: string): Promise<Emergency>;
}

export async function world(name: string, extra: Record<string, string> = {}): Promise<World> {
  const mesh = await testMesh(name);
  const around = await startNeighbourhood(mesh);
  mesh.onStop(() => around.stop());
  const pool = new pg.Pool({ connectionString: mesh.databaseUrl, max: 2 });
  mesh.onStop(() => pool.end());
  const start: World['start'] = async (more = {}) => {
    const running = await startEmergency(
      readConfig(mesh.env('emergency', { VOLUNTEER_URL: around.url, ...extra, ...more })),
    );
    let stopped: Promise<void> | undefined;
    const service = { url: running.url, stop: () => (stopped ??= running.stop()) };
    mesh.onStop(() => service.stop());
    return service;
  };
  const service = await start();
  const events = await openEvents(mesh.nats.url);
  mesh.onStop(() => events.stop());

  const person: World['person'] = async (role, id = randomUUIDv7(), url = service.url) => ({
    id,
    client: await mesh.client(EmergencyService, url, { userId: id, ...ROLE[role] }),
  });
  const dispatcher = await person('dispatcher');
  const answer = async (id: string, volunteerId: string, decision: Decision) =>
    found((await (await person('volunteer', volunteerId)).client.respond({ id, decision })).emergency);

  return {
    mesh,
    url: service.url,
    pool,
    events,
    around,
    dispatcher,
    service,
    start,
    person,
    async press(request = {}) {
      const citizen = await person('citizen');
      const { emergency } = await citizen.client.triggerPanic({ location: monas, ...request });
      return { id: found(emergency).id, citizen };
    },
    look: async (id) => found((await dispatcher.client.get({ id })).emergency),
    async asked(id) {
      const { rows } = await pool.query<{ volunteer_id: string }>(
        'SELECT volunteer_id FROM offers WHERE emergency_id = $1 AND status = 1 ORDER BY distance_meters',
        [id],
      );
      return rows.map((row) => row.volunteer_id);
    },
    accept: (id, volunteerId) => answer(id, volunteerId, Decision.ACCEPT),
    decline: (id, volunteerId) => answer(id, volunteerId, Decision.DECLINE),
  };
}

export function found(emergency: Emergency | undefined): Emergency {
  if (!emergency) throw new Error('the answer has no emergency');
  return emergency;
}

/** Code and reason of a refused call, to compare. */
export function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'answered',
    (error) => `${Code[ConnectError.from(error).code]} ${reasonOf(error)}`.trim(),
  );
}
