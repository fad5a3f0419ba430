/** The mesh's own processes as containers. */

import { OPERATOR } from '../../policy/nats.ts';
import {
  type CallerName,
  dashboard,
  gateway,
  hostingOf,
  type ServiceName,
  serviceNames,
  services,
  simulators,
} from '../../topology.ts';
import {
  dashboardSettings,
  gatewaySettings,
  migrated,
  type Settings,
  STATE,
  secretFiles,
  serviceSettings,
} from '../settings.ts';
import { composePlace, IDENTITY_FOLDER } from './place.ts';
import { given, migrationsOf, simulatorSecrets } from './secrets.ts';
import { type Container, check, hardened, type Limits, type Mount, variable } from './types.ts';

/** At rest a process takes 140–230 MB; under load argon2 and the heap add up to 150 MB. */
const LIMITS: Limits = { cpus: 1, memory: '512m', pids: 128 };
const CRITICAL: Limits = { cpus: 2, memory: '768m', pids: 128 };

const health = check(['node', 'mesh/image/health.ts']);

const built = (service: string) => ({
  image: `${variable('KREKI_REGISTRY', 'kreki')}/${service}:${variable('KREKI_VERSION', 'local')}`,
  build: { context: '.', args: { SERVICE: service } },
});

/** A process that stops within 15 seconds of being asked. */
const lasting = { init: true, restart: 'unless-stopped', stop_grace_period: '20s' } as const;

export function processContainers(): Record<string, Container> {
  return {
    issuer: issuer(),
    ...Object.fromEntries(migrated().map((name) => [migrationsOf(name), migration(name)])),
    ...Object.fromEntries(serviceNames.map((name) => [name, service(name)])),
    gateway: edge(),
    dashboard: page(),
    simulators: simulated(),
  };
}

/** Makes and renews everybody's certificates, and talks to nobody. */
function issuer(): Container {
  return {
    ...built('issuer'),
    environment: { AUTHORITY_FOLDER: '/authority', IDENTITIES_FOLDER: '/identities' },
    volumes: [
      { type: 'volume', source: 'authority', target: '/authority' },
      { type: 'volume', source: 'identities', target: '/identities' },
    ],
    network_mode: 'none',
    healthcheck: check(['test', '-f', '/identities/gateway/identity.pem'], '10s'),
    ...lasting,
    ...hardened({ cpus: 0.25, memory: '192m', pids: 32 }),
  };
}

/** A process sees its own certificate and no other. */
const identityOf = (name: CallerName): Mount => ({
  type: 'volume',
  source: 'identities',
  target: IDENTITY_FOLDER,
  read_only: true,
  volume: { subpath: name },
});

const environment = ({ values, secrets }: Settings) => ({ ...values, ...secretFiles(secrets, composePlace) });

/** Brings a schema up to date, as its owner, and ends. */
function migration(name: ServiceName): Container {
  const settings = serviceSettings(name, composePlace);
  return {
    ...built(name),
    // Without telemetry: there is no way from the data to the collector.
    environment: { ...environment(settings), OTEL_EXPORTER_OTLP_ENDPOINT: '', MIGRATE_ONLY: 'true' },
    secrets: [
      ...given(
        name,
        settings.secrets.filter((secret) => secret !== 'DATABASE_URL'),
      ),
      ...given(migrationsOf(name), ['DATABASE_URL']),
    ],
    volumes: [identityOf(name)],
    networks: ['data'],
    depends_on: {
      'postgres-roles': { condition: 'service_completed_successfully' },
      issuer: { condition: 'service_healthy' },
    },
    restart: 'on-failure',
    ...hardened(LIMITS),
  };
}

function service(name: ServiceName): Container {
  const { stores, providers, publishes, consumes } = services[name];
  const settings = serviceSettings(name, composePlace);
  return {
    ...built(name),
    environment: environment(settings),
    secrets: given(name, settings.secrets),
    volumes: [identityOf(name)],
    networks: ['mesh', 'data', ...(providers ? ['providers'] : [])],
    depends_on: {
      issuer: { condition: 'service_healthy' },
      ...(stores.postgres && { [migrationsOf(name)]: { condition: 'service_completed_successfully' } }),
      ...((publishes || consumes.length > 0) && { nats: { condition: 'service_healthy' } }),
      ...(stores.redis && { redis: { condition: 'service_healthy' } }),
    },
    healthcheck: health,
    ...lasting,
    ...hardened(hostingOf(name).replicas[0] > 2 ? CRITICAL : LIMITS),
  };
}

/** To this machine alone unless KREKI_BIND names another of its addresses: TLS ends in front of the edge. */
const publicly = (name: string, port: number): string =>
  `${variable('KREKI_BIND', '127.0.0.1')}:${variable(name, port)}:${port}`;

function edge(): Container {
  const settings = gatewaySettings(composePlace);
  return {
    ...built('gateway'),
    environment: environment(settings),
    secrets: given('gateway', settings.secrets),
    volumes: [identityOf('gateway')],
    ports: [publicly('KREKI_HTTP_PORT', gateway.httpPort), publicly('KREKI_H2C_PORT', gateway.h2cPort)],
    networks: ['edge', 'mesh', 'data'],
    depends_on: {
      issuer: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
      ...Object.fromEntries(serviceNames.map((name) => [name, { condition: 'service_healthy' as const }])),
    },
    healthcheck: health,
    ...lasting,
    ...hardened(CRITICAL),
  };
}

/** For platform engineers on this machine: it takes everybody's telemetry from the collector, and keeps the last hour in memory. */
function page(): Container {
  const settings = dashboardSettings(composePlace);
  return {
    ...built('dashboard'),
    environment: environment(settings),
    secrets: given(OPERATOR, settings.secrets),
    volumes: [{ type: 'volume', source: 'dashboard', target: STATE }, identityOf(OPERATOR)],
    ports: [`127.0.0.1:${variable('KREKI_DASHBOARD_PORT', dashboard.httpPort)}:${dashboard.httpPort}`],
    networks: ['edge', 'mesh', 'data'],
    depends_on: { issuer: { condition: 'service_healthy' }, nats: { condition: 'service_healthy' } },
    healthcheck: health,
    ...lasting,
    ...hardened(CRITICAL),
  };
}

/** Stand-ins for FCM and WhatsApp, with the phones' page; only with the profile `simulators`. */
function simulated(): Container {
  const [credentials, ...tokens] = simulatorSecrets;
  return {
    ...built('simulators'),
    profiles: ['simulators'],
    environment: {
      HTTP_PORT: String(simulators.httpPort),
      SMTP_PORT: String(simulators.smtpPort),
      EDGE_URL: `http://gateway:${gateway.httpPort}`,
      WHATSAPP_PHONE_NUMBER_ID: composePlace.provider.whatsapp.WHATSAPP_PHONE_NUMBER_ID ?? '',
      ...secretFiles([credentials, ...tokens], composePlace),
    },
    secrets: given('notification', simulatorSecrets),
    ports: [`127.0.0.1:${variable('KREKI_SIMULATORS_PORT', simulators.httpPort)}:${simulators.httpPort}`],
    networks: ['edge', 'providers'],
    healthcheck: health,
    ...lasting,
    ...hardened(LIMITS),
  };
}
