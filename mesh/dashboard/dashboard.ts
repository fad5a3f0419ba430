import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { fetchKeysFrom } from '@kreki/runtime/identity/keys';
import { createTokenVerifier } from '@kreki/runtime/identity/verifier';
import { createLogger } from '@kreki/runtime/log';
import { loop } from '@kreki/runtime/loop';
import { access } from '@kreki/runtime/rpc/interceptors/access';
import { telemetry as measured } from '@kreki/runtime/rpc/interceptors/telemetry';
import { validation } from '@kreki/runtime/rpc/interceptors/validation';
import { startTelemetry } from '@kreki/runtime/telemetry';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { loadEventTypes } from './events/decode.ts';
import { servePage } from './http/server.ts';
import { watchObjectives } from './objectives/watch.ts';
import { serveOtlpGrpc } from './otlp/grpc.ts';
import { serveOtlpHttp } from './otlp/http.ts';
import { createReceiver } from './otlp/receiver.ts';
import { OWN_NAME } from './own-name.ts';
import { Sessions } from './session/sessions.ts';
import { openSources } from './sources/open.ts';
import { Telemetry } from './store/telemetry.ts';
import { loadMethods } from './workloads/contracts.ts';

export interface RunningDashboard {
  /** Where the page is. */
  readonly url: string;
  readonly otlpGrpcPort: number;
  readonly otlpHttpPort: number;
  stop(): Promise<void>;
}

const EVICTION_INTERVAL_MS = 5_000;

/** Starts the dashboard: what receives telemetry, what reads the rest of the mesh, and the page with its RPCs. */
export async function startDashboard(config: Config): Promise<RunningDashboard> {
  startTelemetry(OWN_NAME);
  const log = createLogger(OWN_NAME, config.logLevel);
  const { maxMegabytes, maxAgeMs } = config.telemetry;
  const telemetry = new Telemetry({ maxBytes: maxMegabytes * 1024 ** 2, maxAgeMs });
  const edge = createConnectTransport({ baseUrl: config.edgeUrl, httpVersion: '1.1' });
  const sessions = new Sessions(createClient(AuthService, edge), config.key);
  const sources = openSources(config, telemetry, log);
  const [methods, eventTypes] = await Promise.all([loadMethods(), loadEventTypes()]);
  const { host, edgeUrl } = config;
  const objectives = watchObjectives(telemetry, {
    file: config.objectivesFile,
    webhookUrl: config.alertWebhook,
    dashboardUrl: config.publicUrl ?? `http://${host}:${config.httpPort}`,
    log,
  });
  const context: Context = { telemetry, sources, sessions, methods, eventTypes, objectives, edgeUrl, log };

  const verify = createTokenVerifier({ fetchKeys: fetchKeysFrom(edge) });
  const receiver = createReceiver(telemetry);
  const otlpGrpc = await serveOtlpGrpc({ host, port: config.otlpGrpcPort }, receiver);
  const otlpHttp = await serveOtlpHttp({ host, port: config.otlpHttpPort }, receiver);
  const page = await servePage({ host, port: config.httpPort }, context, [measured(log), access(verify), validation]);
  const eviction = loop('eviction', EVICTION_INTERVAL_MS, async () => telemetry.evict(Date.now()), { log });
  eviction.start();
  const url = `http://${host}:${page.port}`;
  log.info({ url }, 'serving');
  return {
    url,
    otlpGrpcPort: otlpGrpc.port,
    otlpHttpPort: otlpHttp.port,
    async stop() {
      await eviction.stop();
      await Promise.all([page.stop(), otlpGrpc.stop(), otlpHttp.stop()]);
      await Promise.all([objectives.stop(), sources.stop()]);
    },
  };
}
