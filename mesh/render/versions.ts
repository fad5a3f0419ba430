/** What the renderings stand on, each pinned once. */

/** Images of servers. PostgreSQL's major version is the one that the tests run on. */
export const images = {
  postgres: 'postgis/postgis:15-3.4',
  nats: 'nats:2.15.1-alpine',
  redis: 'redis:7.4-alpine',
  collector: 'otel/opentelemetry-collector-contrib:0.139.0',
  mailpit: 'axllent/mailpit:v1.27',
  cluster: 'ghcr.io/cloudnative-pg/postgis:15-3.4',
} as const;

/** Where the mesh's own images come from; a deployment's overlay may name another registry. */
export const registry = 'ghcr.io/kreki';
