/** What each process of the mesh is told at its start, derived from the topology. Pure: it reads and writes nothing. */
import { usesNats } from '../policy/nats.ts';
import { type CallerName, type Provider, type ServiceName, serviceNames, services } from '../topology.ts';
import type { Ports } from './ports.ts';

export type Environment = Record<string, string>;

/** What the environment of a process is made from. */
export interface Surroundings {
  readonly ports: Ports;
  readonly databaseUrls: Readonly<Record<ServiceName, string>>;
  /** Each process's own, as the user that the policy makes for it. */
  readonly natsUrls: Readonly<Record<ServiceName, string>>;
  readonly redisUrls: Readonly<Record<Exclude<CallerName, 'operator'>, string>>;
  /** What the people who run the mesh come with. */
  readonly operator: {
    readonly natsUrl: string;
    readonly dashboardKey: string;
    readonly accountsFile: string;
    readonly objectivesFile: string;
  };
  readonly logLevel: string;
  /** Where the certificate of a process is. */
  readonly identityFolder: (name: CallerName) => string;
  /** Encrypts auth's signing keys at rest. */
  readonly signingKeysSecret: string;
  /** What personal data at rest is sealed under and found by, of each service that keeps any. */
  readonly personalData: Readonly<Partial<Record<ServiceName, { readonly keys: string; readonly lookupKey: string }>>>;
  /** A Google service account in Google's JSON format, whose token_uri is the simulator's. */
  readonly fcmCredentialsFile: string;
  readonly whatsapp: { readonly accessToken: string; readonly appSecret: string; readonly verifyToken: string };
}

const fcmProject = 'kreki-local';
const whatsappPhoneNumber = '119000000000001';
const loopback = (port: number) => `http://127.0.0.1:${port}`;

export function serviceEnvironment(name: ServiceName, from: Surroundings): Environment {
  const node = services[name];
  const personalData = from.personalData[name];
  return {
    SERVICE_NAME: name,
    MESH_IDENTITY: from.identityFolder(name),
    SERVICE_HOST: '127.0.0.1',
    SERVICE_PORT: String(from.ports.services[name].number),
    LOG_LEVEL: from.logLevel,
    ...(usesNats(name) && { NATS_URL: from.natsUrls[name] }),
    ...(node.stores.postgres && { DATABASE_URL: from.databaseUrls[name] }),
    ...(node.stores.redis && { REDIS_URL: from.redisUrls[name] }),
    ...upstreamUrls(Object.keys(node.calls) as ServiceName[], from.ports),
    ...(personalData && {
      PERSONAL_DATA_KEYS: personalData.keys,
      PERSONAL_DATA_LOOKUP_KEY: personalData.lookupKey,
    }),
    ...(name === 'auth' && { SIGNING_KEYS_SECRET: from.signingKeysSecret }),
    ...Object.assign({}, ...(node.providers ?? []).map((provider) => providerSettings(provider, from))),
  };
}

export function gatewayEnvironment(from: Surroundings): Environment {
  return {
    SERVICE_NAME: 'gateway',
    MESH_IDENTITY: from.identityFolder('gateway'),
    HTTP_PORT: String(from.ports.http.number),
    H2C_PORT: String(from.ports.h2c.number),
    LOG_LEVEL: from.logLevel,
    REDIS_URL: from.redisUrls.gateway,
    // Load generators on this machine speak for many devices, each with its own X-Forwarded-For.
    TRUSTED_PROXIES: '127.0.0.1,::1',
    // One person's tool, and the simulators' webhooks, stand here for what is many addresses elsewhere.
    RATE_LIMIT_PER_IP: '100000',
    RATE_LIMIT_PER_USER: '100000',
    ...upstreamUrls(serviceNames, from.ports),
  };
}

export function simulatorsEnvironment(from: Surroundings): Environment {
  return {
    SERVICE_NAME: 'simulators',
    HTTP_PORT: String(from.ports.simulators.number),
    SMTP_PORT: String(from.ports.smtp.number),
    EDGE_URL: loopback(from.ports.http.number),
    LOG_LEVEL: from.logLevel,
    ...providerSettings('fcm', from),
    ...providerSettings('whatsapp', from),
  };
}

/** The dashboard reads streams and dead letters as the operator, and opens signed in from the address that the launcher prints. */
export function dashboardEnvironment(from: Surroundings): Environment {
  return {
    SERVICE_NAME: 'dashboard',
    HTTP_PORT: String(from.ports.dashboard.number),
    OTLP_GRPC_PORT: String(from.ports.otlpGrpc.number),
    OTLP_HTTP_PORT: String(from.ports.otlpHttp.number),
    LOG_LEVEL: from.logLevel,
    EDGE_URL: loopback(from.ports.http.number),
    NATS_URL: from.operator.natsUrl,
    MESH_IDENTITY: from.identityFolder('operator'),
    ...upstreamUrls(serviceNames, from.ports),
    DASHBOARD_KEY: from.operator.dashboardKey,
    DASHBOARD_ACCOUNTS_FILE: from.operator.accountsFile,
    OBJECTIVES_FILE: from.operator.objectivesFile,
  };
}

/** Where every process sends its telemetry, and how: every two seconds what was counted since. */
export function telemetryEnvironment(ports: Ports): Environment {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: loopback(ports.otlpHttp.number),
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    OTEL_METRIC_EXPORT_INTERVAL: '2000',
    OTEL_BSP_SCHEDULE_DELAY: '1000',
  };
}

/** The file behind FCM_CREDENTIALS_FILE. */
export function serviceAccount(privateKey: string, ports: Ports): object {
  return {
    type: 'service_account',
    project_id: fcmProject,
    private_key_id: 'kreki-local',
    private_key: privateKey,
    client_email: `notification@${fcmProject}.iam.gserviceaccount.com`,
    client_id: '119',
    token_uri: `${loopback(ports.simulators.number)}/fcm/token`,
  };
}

function upstreamUrls(names: readonly ServiceName[], ports: Ports): Environment {
  return Object.fromEntries(
    names.map((name) => [`${name.toUpperCase()}_URL`, `https://127.0.0.1:${ports.services[name].number}`]),
  );
}

function providerSettings(provider: Provider, from: Surroundings): Environment {
  const simulators = loopback(from.ports.simulators.number);
  switch (provider) {
    case 'fcm':
      return {
        FCM_PROJECT_ID: fcmProject,
        FCM_CREDENTIALS_FILE: from.fcmCredentialsFile,
        FCM_ENDPOINT: `${simulators}/fcm`,
      };
    case 'whatsapp':
      return {
        WHATSAPP_ENDPOINT: `${simulators}/whatsapp`,
        WHATSAPP_PHONE_NUMBER_ID: whatsappPhoneNumber,
        WHATSAPP_ACCESS_TOKEN: from.whatsapp.accessToken,
        WHATSAPP_APP_SECRET: from.whatsapp.appSecret,
        WHATSAPP_VERIFY_TOKEN: from.whatsapp.verifyToken,
        // The highest tier of Meta's; its first, the default, is too little for a load test.
        WHATSAPP_MESSAGES_PER_SECOND: '1000',
      };
    case 'smtp':
      return { SMTP_URL: `smtp://127.0.0.1:${from.ports.smtp.number}`, MAIL_FROM: 'KREKI <noreply@kreki.id>' };
    default:
      return provider satisfies never;
  }
}

/**
 * What a child inherits from the person's shell: everything, so that each setting of a service can be tried by setting it
 * before `npm start`; except npm's own variables and what opens the servers, of which each process is given its own.
 */
export function inheritedEnvironment(env: NodeJS.ProcessEnv): Environment {
  const hidden = /^(npm_|KREKI_|NODE_CHANNEL_)|(^|_)(POSTGRES|NATS|REDIS|DATABASE)_URL$/;
  const kept = Object.entries(env).filter(([name, value]) => value !== undefined && !hidden.test(name));
  return Object.fromEntries(kept) as Environment;
}
