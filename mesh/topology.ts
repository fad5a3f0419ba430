/**
 * The map of the mesh: every service, what it serves, calls, publishes, consumes and stores. Local processes, the gateway's
 * upstreams, deployment manifests and the dashboard's graph are renderings of this file.
 */

/** A durable JetStream consumer: events of another domain that a service reacts to. */
export interface Consumption {
  /** Domain whose stream is read; also the name of the service that publishes it. */
  readonly from: ServiceName;
  /** Durable name, `<service>-<purpose>`. */
  readonly durable: string;
}

export type Calls = { readonly [Service in ServiceName]?: readonly string[] };

/** Key patterns (glob) in Redis that a process may touch; everything else is refused. */
export interface RedisKeys {
  readonly writes: readonly string[];
  readonly reads?: readonly string[];
}

export type Tier = 1 | 2 | 3;

/** Where the replicas of a process run, and how many there are. */
export interface Hosting {
  /** `premium`: a provider that guarantees to be up. `any`: KREKI's own server or a cheap one will do. */
  readonly site: 'premium' | 'any';
  /** Replicas at rest, and at most. */
  readonly replicas: readonly [least: number, most: number];
}

/** What KREKI's tiers mean where there is more than one machine. */
export const tiers: Readonly<Record<Tier, Hosting>> = {
  1: { site: 'premium', replicas: [3, 12] },
  2: { site: 'premium', replicas: [2, 8] },
  3: { site: 'any', replicas: [1, 4] },
};

export interface ServiceNode {
  /** KREKI's tier: 1 must stay up at any cost, 2 should, 3 may be hosted cheaply. */
  readonly tier: Tier;
  /** Where it needs more than its tier has. */
  readonly hosting?: Hosting;
  /** Process entry point, relative to the repository. */
  readonly entry: string;
  /** Default gRPC port on one machine. */
  readonly port: number;
  /** Fully qualified Protobuf services it answers. */
  readonly serves: readonly string[];
  /** What it calls over gRPC: of each service, the Protobuf services. Nothing else is let through. */
  readonly calls: Calls;
  /** Whether it publishes events, to the stream of its own domain. */
  readonly publishes: boolean;
  readonly consumes: readonly Consumption[];
  readonly stores: {
    /** PostgreSQL extensions its own database needs; absent when it has no database. */
    readonly postgres?: { readonly extensions: readonly string[] };
    readonly redis?: RedisKeys;
    /** Whether it keeps phone numbers, e-mail addresses or NIK, sealed under keys of its own. */
    readonly personalData?: true;
  };
  /** External providers it talks to. */
  readonly providers?: readonly Provider[];
}

export type ServiceName = 'auth' | 'volunteer' | 'emergency' | 'notification';
export type Provider = 'fcm' | 'whatsapp' | 'smtp';

/** Serves the keys that every service verifies people's tokens with. */
const KEYS = 'kreki.auth.v1.AuthService';
/** What a service holds of people, for auth to give out and to have erased. */
const PERSONAL_DATA = 'kreki.privacy.v1.PersonalDataService';

const nodes = {
  auth: {
    tier: 2,
    entry: 'services/auth/main.ts',
    port: 8101,
    serves: [
      'kreki.auth.v1.AuthService',
      'kreki.auth.v1.UserAdminService',
      'kreki.auth.v1.DirectoryService',
      'kreki.auth.v1.PrivacyService',
      'kreki.auth.v1.AuthAuditService',
    ],
    calls: { volunteer: [PERSONAL_DATA], emergency: [PERSONAL_DATA], notification: [PERSONAL_DATA] },
    publishes: true,
    consumes: [],
    stores: { postgres: { extensions: [] }, redis: { writes: ['kreki:auth:*'] }, personalData: true },
  },
  volunteer: {
    tier: 2,
    entry: 'services/volunteer/main.ts',
    port: 8102,
    serves: ['kreki.volunteer.v1.VolunteerService', 'kreki.volunteer.v1.VolunteerAuditService', PERSONAL_DATA],
    calls: { auth: [KEYS] },
    publishes: true,
    consumes: [{ from: 'emergency', durable: 'volunteer-engagement' }],
    stores: { postgres: { extensions: ['postgis'] } },
  },
  emergency: {
    tier: 1,
    entry: 'services/emergency/main.ts',
    port: 8103,
    serves: ['kreki.emergency.v1.EmergencyService', 'kreki.emergency.v1.EmergencyAuditService', PERSONAL_DATA],
    calls: { auth: [KEYS], volunteer: ['kreki.volunteer.v1.VolunteerService'] },
    publishes: true,
    consumes: [{ from: 'notification', durable: 'emergency-replies' }],
    stores: { postgres: { extensions: ['postgis'] } },
  },
  notification: {
    tier: 3,
    // Every alert to a volunteer passes through it.
    hosting: { site: 'premium', replicas: [2, 8] },
    entry: 'services/notification/main.ts',
    port: 8104,
    serves: [
      'kreki.notification.v1.NotificationService',
      'kreki.notification.v1.NotificationAuditService',
      PERSONAL_DATA,
    ],
    calls: { auth: [KEYS, 'kreki.auth.v1.DirectoryService'] },
    publishes: true,
    consumes: [
      { from: 'emergency', durable: 'notification-dispatch' },
      { from: 'auth', durable: 'notification-contacts' },
    ],
    stores: { postgres: { extensions: [] }, personalData: true },
    providers: ['fcm', 'whatsapp', 'smtp'],
  },
} as const satisfies Record<ServiceName, ServiceNode>;

export const services: Readonly<Record<ServiceName, ServiceNode>> = nodes;
export const serviceNames = Object.keys(services) as ServiceName[];

/** The edge: offers every RPC it may call whose contract lets somebody outside the mesh call it. */
export const gateway = {
  /** Every press passes through it. */
  tier: 1,
  entry: 'gateway/main.ts',
  httpPort: 8080,
  h2cPort: 8081,
  calls: {
    auth: [
      'kreki.auth.v1.AuthService',
      'kreki.auth.v1.UserAdminService',
      'kreki.auth.v1.PrivacyService',
      'kreki.auth.v1.AuthAuditService',
    ],
    volunteer: ['kreki.volunteer.v1.VolunteerService', 'kreki.volunteer.v1.VolunteerAuditService'],
    emergency: ['kreki.emergency.v1.EmergencyService', 'kreki.emergency.v1.EmergencyAuditService'],
    notification: ['kreki.notification.v1.NotificationService', 'kreki.notification.v1.NotificationAuditService'],
  } as Calls,
  stores: {
    redis: {
      writes: ['kreki:edge:*'],
      // Who was signed out, as KREKI ID published it.
      reads: ['kreki:auth:revoked:*', 'kreki:auth:valid-after:*'],
    } as RedisKeys,
  },
} as const;

/** Where a process runs, and in how many replicas. */
export const hostingOf = (name: ServiceName | 'gateway'): Hosting =>
  name === 'gateway' ? tiers[gateway.tier] : (services[name].hosting ?? tiers[services[name].tier]);
/** Who looks after the mesh: the launcher's probes, the command-line tools, the dashboard. Health and reflection are open to everybody. */
export const operator = { calls: {} as Calls } as const;

/** A process with an identity of its own in the mesh. */
export type CallerName = ServiceName | 'gateway' | 'operator';

/** Who is given a certificate. */
export const callerNames: readonly CallerName[] = [...serviceNames, 'gateway', 'operator'];

/** Who may call a Protobuf service of `callee`. */
export function callersOf(callee: ServiceName, typeName: string): CallerName[] {
  const callers: [CallerName, Calls][] = [
    ...serviceNames.map((name) => [name, services[name].calls] as [ServiceName, Calls]),
    ['gateway', gateway.calls],
    ['operator', operator.calls],
  ];
  return callers.filter(([, calls]) => calls[callee]?.includes(typeName)).map(([name]) => name);
}

/** What a service's own configuration takes from here: `serviceSettings(descriptionOf('emergency'))`. */
export function descriptionOf<Name extends ServiceName>(name: Name) {
  const { port, calls, serves } = nodes[name];
  return {
    name,
    port,
    calls: Object.keys(calls) as (keyof (typeof nodes)[Name]['calls'] & string)[],
    callers: Object.fromEntries(serves.map((typeName) => [typeName, callersOf(name, typeName)])),
  };
}

/** Local stand-ins for the providers: one HTTP port, and one for SMTP. */
export const simulators = { entry: 'mesh/simulators/main.ts', httpPort: 8095, smtpPort: 8096 } as const;

/** Private servers of one machine. */
export const servers = { postgresPort: 8132, natsPort: 8122, redisPort: 8179 } as const;

/** The page for platform engineers, and where every process sends its telemetry. */
export const dashboard = {
  entry: 'mesh/dashboard/main.ts',
  httpPort: 8110,
  otlpGrpcPort: 8111,
  otlpHttpPort: 8112,
} as const;
