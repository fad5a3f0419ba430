/** What each process is told where it runs in a container: the same everywhere but for where things are. */

import { usesNats } from '../policy/nats.ts';
import { databasePolicies } from '../policy/postgres.ts';
import {
  type Calls,
  dashboard,
  gateway,
  type Provider,
  type ServiceName,
  serviceNames,
  services,
} from '../topology.ts';

export interface Settings {
  /** Variables, as a manifest may show them. */
  readonly values: Readonly<Record<string, string>>;
  /** Variables that nobody may read in a manifest: each is given as a file, whose path is in `<NAME>_FILE`. */
  readonly secrets: readonly string[];
}

/** How the parts of the mesh find each other in one kind of deployment. */
export interface Place {
  /** Where files of secrets are mounted. */
  readonly secrets: string;
  readonly urlOf: (service: ServiceName) => string;
  /** Who a process is: `MESH_IDENTITY` and what goes with it. */
  readonly identity: Readonly<Record<string, string>>;
  readonly collectorUrl: string;
  /** What a provider's client is told besides its secrets. */
  readonly provider: Readonly<Record<Provider, Readonly<Record<string, string>>>>;
  /** What only this kind of deployment tells the edge, and the dashboard. */
  readonly edge: Readonly<Record<string, string>>;
  readonly dashboard: Readonly<Record<string, string>>;
}

/** Where a process may keep something over a restart; the image has the folder. */
export const STATE = '/state';

/** Every process sends its telemetry to the collector, often enough that the dashboard shows what is going on now. */
const telemetry = (place: Place) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: place.collectorUrl,
  OTEL_METRIC_EXPORT_INTERVAL: '5000',
});

const providerSecrets: Readonly<Record<Provider, readonly string[]>> = {
  // The service account is a file by its nature: its variable is FCM_CREDENTIALS_FILE.
  fcm: ['FCM_CREDENTIALS'],
  whatsapp: ['WHATSAPP_ACCESS_TOKEN', 'WHATSAPP_APP_SECRET', 'WHATSAPP_VERIFY_TOKEN'],
  smtp: ['SMTP_URL'],
};

export function serviceSettings(name: ServiceName, place: Place): Settings {
  const { port, calls, stores, providers = [] } = services[name];
  return {
    values: {
      SERVICE_NAME: name,
      SERVICE_PORT: String(port),
      ...place.identity,
      ...upstreamUrls(calls, place),
      ...telemetry(place),
      ...Object.assign({}, ...providers.map((provider) => place.provider[provider])),
    },
    secrets: [
      ...(stores.postgres ? ['DATABASE_URL'] : []),
      ...(usesNats(name) ? ['NATS_URL'] : []),
      ...(stores.redis ? ['REDIS_URL'] : []),
      ...(stores.personalData ? ['PERSONAL_DATA_KEYS', 'PERSONAL_DATA_LOOKUP_KEY'] : []),
      ...(name === 'auth' ? ['SIGNING_KEYS_SECRET'] : []),
      ...providers.flatMap((provider) => providerSecrets[provider]),
    ],
  };
}

export function gatewaySettings(place: Place): Settings {
  return {
    values: {
      SERVICE_NAME: 'gateway',
      HTTP_PORT: String(gateway.httpPort),
      H2C_PORT: String(gateway.h2cPort),
      ...place.identity,
      ...upstreamUrls(gateway.calls, place),
      ...telemetry(place),
      ...place.edge,
    },
    secrets: ['REDIS_URL'],
  };
}

/** The dashboard reads streams and dead letters as the operator; people come in with an account that may read the mesh. */
export function dashboardSettings(place: Place): Settings {
  return {
    values: {
      SERVICE_NAME: 'dashboard',
      HTTP_PORT: String(dashboard.httpPort),
      OTLP_GRPC_PORT: String(dashboard.otlpGrpcPort),
      OTLP_HTTP_PORT: String(dashboard.otlpHttpPort),
      EDGE_URL: `http://gateway:${gateway.httpPort}`,
      ...place.identity,
      ...Object.fromEntries(serviceNames.map((name) => [`${name.toUpperCase()}_URL`, place.urlOf(name)])),
      OBJECTIVES_FILE: `${STATE}/objectives.json`,
      ...place.dashboard,
    },
    secrets: ['NATS_URL', 'ALERT_WEBHOOK'],
  };
}

/** The variables that a process reads its secrets by. */
export const secretFiles = (secrets: readonly string[], place: Place): Record<string, string> =>
  Object.fromEntries(secrets.map((name) => [`${name}_FILE`, `${place.secrets}/${name}`]));

function upstreamUrls(calls: Calls, place: Place): Record<string, string> {
  const called = serviceNames.filter((name) => calls[name]);
  return Object.fromEntries(called.map((name) => [`${name.toUpperCase()}_URL`, place.urlOf(name)]));
}

/** Services whose schema is brought up to date before they start, as its owner. */
export const migrated = (): ServiceName[] => databasePolicies().map(({ service }) => service);
