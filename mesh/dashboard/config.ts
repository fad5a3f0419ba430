import {
  duration,
  integer,
  LOG_LEVELS,
  meshSettings,
  oneOf,
  optional,
  optionalSecret,
  readEnvironment,
  type Setting,
  text,
  url,
} from '@kreki/runtime/config';
import { dashboard, type ServiceName, serviceNames } from '../topology.ts';

const port = (variable: string, fallback: number) => integer(variable, { default: fallback, min: 0, max: 65_535 });

const optionalUrl = (variable: string): Setting<string | undefined> => ({
  ...optional(variable),
  parse: (value) => (value ? url(variable).parse(value) : undefined),
});

export const readConfig = (env: NodeJS.ProcessEnv) =>
  readEnvironment(env, {
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    host: text('SERVICE_HOST', { default: '127.0.0.1' }),
    /** The page and its RPCs. */
    httpPort: port('HTTP_PORT', dashboard.httpPort),
    otlpGrpcPort: port('OTLP_GRPC_PORT', dashboard.otlpGrpcPort),
    otlpHttpPort: port('OTLP_HTTP_PORT', dashboard.otlpHttpPort),
    /** The edge, over which people sign in and calls are tried. */
    edgeUrl: url('EDGE_URL'),
    /** Reads streams and consumers, replays and drops dead letters; without it the events are left out. */
    natsUrl: optionalSecret('NATS_URL'),
    /** Asks services for their health; without it that is not known. */
    mesh: { identity: optional('MESH_IDENTITY'), namespace: meshSettings.mesh.namespace },
    /** Where the services are that are asked. */
    serviceUrls: Object.fromEntries(
      serviceNames.map((name) => [name, optionalUrl(`${name.toUpperCase()}_URL`)]),
    ) as Record<ServiceName, Setting<string | undefined>>,
    telemetry: {
      /** Memory of spans, metrics and logs; the process needs about 150 MB besides. */
      maxMegabytes: integer('TELEMETRY_MEMORY_MB', { default: 256, min: 16, max: 360 }),
      maxAgeMs: duration('TELEMETRY_AGE', { default: '1h' }),
    },
    key: {
      /** Opens the page signed in, from the address that the launcher prints; none: only people with an account get in. */
      value: optional('DASHBOARD_KEY'),
      /** Accounts as the launcher writes them; the key signs in as the first that may read the mesh. */
      accountsFile: optional('DASHBOARD_ACCOUNTS_FILE'),
    },
    /** Where alerts are posted, in Slack's format, which Discord takes at `/slack`. */
    alertWebhook: optionalSecret('ALERT_WEBHOOK'),
    /** Keeps what objectives counted over a restart; none: budgets begin anew. */
    objectivesFile: optional('OBJECTIVES_FILE'),
    /** Address of the page as people reach it, for links in alerts. */
    publicUrl: optional('DASHBOARD_URL'),
    /** Prometheus of the cluster, whose Linkerd metrics are shown beside the mesh's own. */
    prometheusUrl: optionalUrl('PROMETHEUS_URL'),
  });

export type Config = ReturnType<typeof readConfig>;
