/** The servers that the mesh stands on, as containers. */
import { images } from '../versions.ts';
import { given, postgresSecrets } from './secrets.ts';
import { type Container, check, hardened, type Mount, variable } from './types.ts';

/** Rendered beside the compose file. */
const mounted = (file: string, target: string): Mount => ({
  type: 'bind',
  source: `./mesh/compose/${file}`,
  target,
  read_only: true,
});

/** Compose would read a dollar sign as the beginning of a variable of its own. */
const script = (text: string): string => text.replaceAll('$', '$$$$');

export function serverContainers(): Record<string, Container> {
  return {
    postgres: postgres(),
    'postgres-roles': postgresRoles(),
    nats: nats(),
    redis: redis(),
    collector: collector(),
    mailpit: mailpit(),
  };
}

function postgres(): Container {
  return {
    image: images.postgres,
    user: 'postgres',
    command: ['postgres', '-c', 'max_connections=200', '-c', 'shared_buffers=256MB', '-c', 'timezone=UTC'],
    environment: {
      POSTGRES_PASSWORD_FILE: '/run/secrets/postgres',
      POSTGRES_INITDB_ARGS: '--auth=scram-sha-256 --data-checksums --locale=C.UTF-8',
    },
    secrets: given('postgres', ['postgres']),
    volumes: [{ type: 'volume', source: 'postgres', target: '/var/lib/postgresql/data' }],
    networks: ['data'],
    healthcheck: check(['pg_isready', '--host=127.0.0.1', '--username=postgres'], '120s'),
    restart: 'unless-stopped',
    // Time for the last checkpoint.
    stop_grace_period: '60s',
    shm_size: '512m',
    ...hardened({ cpus: 2, memory: '2g', pids: 512 }, ['/tmp', '/var/run/postgresql']),
  };
}

/** Makes roles, databases and extensions that are missing, and sets the passwords to those in the secrets: at each `up`. */
function postgresRoles(): Container {
  return {
    image: images.postgres,
    user: 'postgres',
    entrypoint: ['sh', '-c'],
    command: [
      script(
        'PGPASSWORD=$(cat /run/secrets/postgres) exec psql --no-psqlrc --quiet --host=postgres --username=postgres --file=/roles.sql',
      ),
    ],
    secrets: given('postgres', postgresSecrets()),
    volumes: [mounted('postgres-roles.sql', '/roles.sql')],
    networks: ['data'],
    depends_on: { postgres: { condition: 'service_healthy' } },
    restart: 'on-failure',
    ...hardened({ cpus: 0.5, memory: '128m', pids: 32 }),
  };
}

function nats(): Container {
  return {
    image: images.nats,
    command: ['--config', '/etc/nats/nats.conf'],
    secrets: given('nats', ['authorization.conf']),
    volumes: [mounted('nats.conf', '/etc/nats/nats.conf'), { type: 'volume', source: 'nats', target: '/data' }],
    networks: ['data'],
    healthcheck: check(['wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8222/healthz']),
    restart: 'unless-stopped',
    stop_grace_period: '30s',
    ...hardened({ cpus: 1, memory: '512m', pids: 64 }),
  };
}

function redis(): Container {
  return {
    image: images.redis,
    user: 'redis',
    command: ['redis-server', '/etc/redis.conf'],
    secrets: given('redis', ['users.acl']),
    volumes: [mounted('redis.conf', '/etc/redis.conf'), { type: 'volume', source: 'redis', target: '/data' }],
    networks: ['data'],
    // Nobody may ask without a name, and being told so is an answer.
    healthcheck: check(['sh', '-c', 'redis-cli ping 2>&1 | grep -q NOAUTH']),
    restart: 'unless-stopped',
    stop_grace_period: '20s',
    ...hardened({ cpus: 0.5, memory: '384m', pids: 64 }),
  };
}

/** Takes everybody's traces and metrics. Its image has no shell, so that nothing in it could ask for its health. */
function collector(): Container {
  return {
    image: images.collector,
    command: ['--config=/etc/collector.yaml'],
    volumes: [mounted('otel-collector.yaml', '/etc/collector.yaml')],
    ports: [`127.0.0.1:${variable('KREKI_METRICS_PORT', 9464)}:9464`],
    networks: ['edge', 'mesh'],
    restart: 'unless-stopped',
    ...hardened({ cpus: 0.5, memory: '256m', pids: 64 }, []),
  };
}

/** A mail server that keeps what it is sent, and shows it. */
function mailpit(): Container {
  return {
    image: images.mailpit,
    user: '65534:65534',
    environment: { MP_MAX_MESSAGES: '1000', MP_SMTP_AUTH_ACCEPT_ANY: 'true', MP_SMTP_AUTH_ALLOW_INSECURE: 'true' },
    ports: [`127.0.0.1:${variable('KREKI_MAIL_PORT', 8025)}:8025`],
    networks: ['edge', 'providers'],
    healthcheck: check(['/mailpit', 'readyz']),
    restart: 'unless-stopped',
    ...hardened({ cpus: 0.25, memory: '128m', pids: 32 }),
  };
}
