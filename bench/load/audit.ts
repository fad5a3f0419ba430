import { setTimeout as sleep } from 'node:timers/promises';
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import { DispatchAction, type DispatchDecision } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { device } from './edge.ts';
import type { Alerts } from './phones.ts';
import type { Press } from './press.ts';

/** What became of the presses of a run. */
export interface Findings {
  readonly acknowledgedMs: number[];
  readonly offeredMs: number[];
  readonly pushMs: number[];
  readonly whatsappMs: number[];
  /** Unix milliseconds of each emergency's first push. */
  readonly pushAtMs: number[];
  /** Sentences, each a promise not held; empty when all is well. */
  readonly violations: string[];
}

const PARALLEL = 8;
/** How long what waits to be sent may take to go out. */
const SENT_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 1_000;

/** Compares what was acknowledged with what the mesh decided and what the phones received. */
export async function audit(
  edgeUrl: string,
  token: string,
  presses: readonly Press[],
  alerts: ReadonlyMap<string, Alerts>,
): Promise<Findings> {
  const findings: Findings = {
    acknowledgedMs: [],
    offeredMs: [],
    pushMs: [],
    whatsappMs: [],
    pushAtMs: [],
    violations: [],
  };
  const emergencies = device(edgeUrl, EmergencyService, { token });
  const waiting = [...presses];
  const work = async () => {
    for (let press = waiting.pop(); press; press = waiting.pop()) {
      const { emergencyId: id, acknowledgedMs, dueMs } = press;
      if (!id || acknowledgedMs === undefined) {
        findings.violations.push(`a press was not acknowledged after ${press.attempts} attempts: ${press.error}`);
        continue;
      }
      findings.acknowledgedMs.push(acknowledgedMs - dueMs);
      const { decisions } = await emergencies.listDispatchDecisions({ id, pageSize: 500 });
      checkOffers(press, id, decisions, alerts.get(id), findings);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  await checkQueues(edgeUrl, token, findings);
  return findings;
}

function checkOffers(
  press: Press,
  id: string,
  decisions: readonly DispatchDecision[],
  alerts: Alerts | undefined,
  findings: Findings,
) {
  const at = (decision: DispatchDecision) => timestampMs(decision.decideTime as Timestamp);
  const offers = decisions.filter(({ action }) => action === DispatchAction.OFFERED);
  if (offers.length === 0) {
    const escalated = decisions.some(({ action }) => action === DispatchAction.ESCALATED);
    if (!escalated) findings.violations.push(`${id}: neither offered nor escalated`);
    return;
  }
  const repeated = offeredWhileOpen(decisions);
  if (repeated > 0) findings.violations.push(`${id}: ${repeated} volunteers were offered it twice`);
  findings.offeredMs.push(Math.min(...offers.map(at)) - press.dueMs);
  for (const channel of ['push', 'whatsapp'] as const) {
    const arrivals = [...(alerts?.[channel].values() ?? [])];
    if (arrivals.length === 0) {
      findings.violations.push(`${id}: ${offers.length} offers, but no ${channel} arrived`);
      continue;
    }
    const first = Math.min(...arrivals);
    findings[`${channel}Ms`].push(first - press.dueMs);
    if (channel === 'push') findings.pushAtMs.push(first);
  }
}

/** Offers made to somebody who was offered it before and from whom it was not withdrawn. */
function offeredWhileOpen(decisions: readonly DispatchDecision[]): number {
  const asked = new Set<string>();
  let repeated = 0;
  for (const { action, volunteerId } of decisions) {
    if (action === DispatchAction.WITHDREW) asked.delete(volunteerId);
    if (action !== DispatchAction.OFFERED) continue;
    if (asked.has(volunteerId)) repeated += 1;
    asked.add(volunteerId);
  }
  return repeated;
}

/** Nothing may wait to be sent any more, and nothing may have failed. */
async function checkQueues(edgeUrl: string, token: string, findings: Findings): Promise<void> {
  const notifications = device(edgeUrl, NotificationService, { token });
  const giveUpMs = Date.now() + SENT_WITHIN_MS;
  for (const status of [DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.FAILED]) {
    const ask = () => notifications.listDeliveries({ status, pageSize: 500 });
    let { deliveries } = await ask();
    while (deliveries.length > 0 && status !== DeliveryStatus.FAILED && Date.now() < giveUpMs) {
      await sleep(LOOK_AGAIN_MS);
      ({ deliveries } = await ask());
    }
    if (deliveries.length > 0) {
      const errors = [...new Set(deliveries.map(({ error }) => error).filter(Boolean))].slice(0, 3).join('; ');
      findings.violations.push(`${deliveries.length} deliveries are ${DeliveryStatus[status].toLowerCase()} ${errors}`);
    }
  }
}
