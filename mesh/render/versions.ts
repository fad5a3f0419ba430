/** What the renderings stand on, each pinned once; docs/operations.md names the same (a test compares). */

/** Images of servers. PostgreSQL's major version is the one that the tests run on. */
export const images = {
  postgres: 'postgis/postgis:15-3.4',
  nats: 'nats:2.15.1-alpine',
  redis: 'redis:7.4-alpine',
  collector: 'otel/opentelemetry-collector-contrib:0.157.0',
  mailpit: 'axllent/mailpit:v1.27',
  /** CloudNativePG's own build of the same PostgreSQL and PostGIS. */
  cluster: 'ghcr.io/cloudnative-pg/postgis:15-3.4',
} as const;

/** What is installed on a cluster before the mesh. */
export const platform = {
  kubernetes: '1.34',
  gatewayApi: 'v1.5.1',
  linkerd: 'edge-26.9.1',
  certManager: 'v1.18.2',
  envoyGateway: 'v1.9.1',
  externalSecrets: '0.19.2',
  cloudNativePg: '1.29.0',
  barmanCloud: 'v0.13.0',
  natsChart: '1.3.16',
  valkeyChart: '1.0.0',
} as const;

/** Where the mesh's own images come from. */
export const registry = 'ghcr.io/kreki';
