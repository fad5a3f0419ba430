import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';
import type { Telemetry } from '../store/telemetry.ts';
import { Alerts } from './alerts.ts';
import { Ledger, minuteOf, spanOfMinute } from './ledger.ts';
import { OBJECTIVES } from './objectives.ts';
import { webhook } from './webhook.ts';

const INTERVAL_MS = 5_000;

/** The objectives as they are kept: counted every five seconds, alerts told when they begin and end. */
export interface ObjectiveWatch {
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly webhook: boolean;
  stop(): Promise<void>;
}

export function watchObjectives(
  telemetry: Telemetry,
  options: { file: string | undefined; webhookUrl: string | undefined; dashboardUrl: string; log: Logger },
): ObjectiveWatch {
  const { webhookUrl, log } = options;
  const ledger = new Ledger(options.file);
  const post = webhookUrl ? webhook(webhookUrl, options.dashboardUrl, log) : undefined;
  const alerts = new Alerts((alert) => {
    log.warn({ alert: alert.id, severity: alert.severity, over: alert.endMs !== undefined }, alert.message);
    post?.(alert);
  });
  let saved = 0;
  const count = async () => {
    const nowMs = Date.now();
    const present = minuteOf(nowMs);
    for (const objective of OBJECTIVES) {
      // Telemetry comes a little late: the minute before is counted once more.
      for (const minute of [present - 1, present]) {
        ledger.set(objective.id, minute, objective.count(telemetry, spanOfMinute(minute)));
      }
      alerts.check(objective, ledger, nowMs);
    }
    if (saved === present) return;
    ledger.save();
    saved = present;
  };
  const counting: Loop = loop('objectives', INTERVAL_MS, count, { log });
  counting.start();
  return {
    ledger,
    alerts,
    webhook: post !== undefined,
    async stop() {
      await counting.stop();
      ledger.save();
    },
  };
}
