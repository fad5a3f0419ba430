import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import type { Person } from '../generator/order.ts';
import { device } from './edge.ts';

/** A press, from the intended moment on. */
export interface Press {
  /** When it was due, Unix milliseconds: waiting behind a slow mesh counts. */
  readonly dueMs: number;
  acknowledgedMs?: number;
  emergencyId?: string;
  attempts: number;
  error?: string;
}

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

const GIVE_UP_MS = 60_000;
const PAUSE_MS = 250;

/** Presses once as an app does: the same press again, by its request id, until it is acknowledged. */
export async function press(edgeUrl: string, person: Person, location: Place, dueMs: number): Promise<Press> {
  const made: Press = { dueMs, attempts: 0 };
  const client = device(edgeUrl, EmergencyService, person);
  const requestId = randomUUID();
  while (Date.now() - dueMs < GIVE_UP_MS) {
    made.attempts += 1;
    try {
      const { emergency } = await client.triggerPanic(
        { location, severity: Severity.CRITICAL, requestId },
        { timeoutMs: 10_000 },
      );
      made.acknowledgedMs = Date.now();
      if (emergency) made.emergencyId = emergency.id;
      return made;
    } catch (error) {
      made.error = String(error);
      await sleep(PAUSE_MS);
    }
  }
  return made;
}

/** Presses at a steady rate whether or not the mesh keeps up (open loop); resolves when every press has ended. */
export async function pressSteadily(
  edgeUrl: string,
  people: readonly Person[],
  perSecond: number,
  place: () => Place,
  began: (press: Promise<Press>) => void,
): Promise<Press[]> {
  const startMs = Date.now();
  const presses = people.map(async (person, index) => {
    const dueMs = startMs + (index * 1_000) / perSecond;
    await sleep(Math.max(0, dueMs - Date.now()));
    const made = press(edgeUrl, person, place(), dueMs);
    began(made);
    return made;
  });
  return Promise.all(presses);
}
