import type { Logger } from '@kreki/runtime/log';
import type { Config } from '../config.ts';
import type { Telemetry } from '../store/telemetry.ts';
import type { Sources } from './sources.ts';

/** Opens what the configuration names. */
export function openSources(_config: Config, telemetry: Telemetry, _log: Logger): Sources & { stop(): Promise<void> } {
  return {
    serving: () => undefined,
    streams: () => undefined,
    statuses: () => [{ name: 'otlp', available: telemetry.lastHeard.size > 0, problem: '' }],
    stop: async () => undefined,
  };
}
