import { setTimeout as sleep } from 'node:timers/promises';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import type { Person } from '../generator/order.ts';
import { audit, type Findings } from './audit.ts';
import { device } from './edge.ts';
import { Phones } from './phones.ts';
import { placesNearVolunteers } from './places.ts';
import { type Press, pressSteadily } from './press.ts';

export interface Mission {
  readonly edgeUrl: string;
  readonly simulatorsUrl: string;
  readonly dispatcherToken: string;
  /** Each presses once. */
  readonly people: readonly Person[];
  /** Presses. */
  readonly perSecond: number;
  /** How long a press is waited for to reach a phone; one that does not is not followed further. */
  readonly reachedWithinMs: number;
}

/** Presses that have been made, each followed until it was completed. */
export interface Followed {
  readonly presses: readonly Press[];
  /** Reads what became of them, once nothing is under way any more. */
  audit(): Promise<Result>;
}

export interface Result extends Findings {
  /** Messages on phones: all, those that were shown twice, and pushes that took their own place. */
  readonly messages: { readonly total: number; readonly repeated: number; readonly replaced: number };
}

const ANSWER_AFTER_MS = 2_000;
const COMPLETE_AFTER_MS = 4_000;
const COMPLETE_ATTEMPTS = 40;
const COMPLETE_PAUSE_MS = 500;

/** Presses at a steady rate near volunteers; of each emergency's phones two accept by WhatsApp, and a dispatcher completes it. */
export async function pressAndFollow(mission: Mission): Promise<Followed> {
  const { edgeUrl, simulatorsUrl, dispatcherToken, people, perSecond, reachedWithinMs } = mission;
  const dispatcher = device(edgeUrl, EmergencyService, { token: dispatcherToken });
  const place = await placesNearVolunteers(dispatcher);
  const phones = new Phones(simulatorsUrl);
  phones.start();
  const startMs = Date.now();
  const lives: Promise<void>[] = [];

  /** Once phones were reached, two accept, then the dispatcher completes it. */
  const live = async (pressed: Promise<Press>): Promise<void> => {
    const { emergencyId: id } = await pressed;
    if (!id || !(await phones.reached(id, reachedWithinMs))) return;
    await sleep(ANSWER_AFTER_MS);
    const reached = [...(phones.alerts.get(id)?.whatsapp.keys() ?? [])].slice(0, 2);
    await Promise.all(reached.map((phone) => phones.accept(phone).catch(() => undefined)));
    await sleep(COMPLETE_AFTER_MS);
    for (let attempt = 0; attempt < COMPLETE_ATTEMPTS; attempt++) {
      const done = await dispatcher.complete({ id }).then(
        () => true,
        () => false,
      );
      if (done) return;
      await sleep(COMPLETE_PAUSE_MS);
    }
  };

  const presses = await pressSteadily(edgeUrl, people, perSecond, place, (pressed) => lives.push(live(pressed)));
  await Promise.all(lives);
  return {
    presses,
    async audit() {
      await phones.stop();
      const findings = await audit(edgeUrl, dispatcherToken, presses, phones.alerts);
      const { total, duplicates } = await phones.summary(startMs);
      // A push that goes out again after a crash replaces itself on the phone by its tag; a WhatsApp message would be a second one.
      const replaced = duplicates.filter(({ channel }) => channel === 'push').length;
      const repeated = duplicates.length - replaced;
      if (repeated > 0) {
        const some = JSON.stringify(duplicates.slice(0, 3));
        findings.violations.push(`${repeated} messages arrived twice: ${some}`);
      }
      return { ...findings, messages: { total, repeated, replaced } };
    },
  };
}
