import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@kreki/runtime/log';
import type { Alert } from './alerts.ts';

const TRIES = 4;
const PATIENCE_MS = 5_000;

/** Posts alerts in Slack's format, which Discord takes too (`…/slack`); a failed post is tried again a few times. */
export function webhook(url: string, dashboardUrl: string, log: Logger): (alert: Alert) => void {
  const post = async (alert: Alert) => {
    const mark = alert.endMs === undefined ? (alert.severity === 'page' ? '🔴' : '🟠') : '🟢';
    const text = `${mark} ${alert.endMs === undefined ? '' : 'Over: '}${alert.message}\n${dashboardUrl}/objectives`;
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      }).catch((error: unknown) => error);
      if (answer instanceof Response && answer.ok) {
        alert.delivered = true;
        return;
      }
      alert.delivered = false;
      const problem = answer instanceof Response ? `status ${answer.status}` : String(answer);
      log.warn({ alert: alert.id, attempt, problem }, 'the webhook did not take an alert');
      await sleep(1_000 * 2 ** attempt, undefined, { ref: false });
    }
  };
  return (alert) => void post(alert);
}
