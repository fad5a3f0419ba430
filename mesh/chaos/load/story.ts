import { Category, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Random } from '../../local/seed/random.ts';
import { PACE } from '../environment/environment.ts';
import { NOWHERE, placeWithin, SIDE_METERS } from '../environment/roster.ts';
import { between, chance } from './time.ts';

/** How an emergency is to end: by a responder who came, by a dispatcher, called off early, or unanswered. */
export type Ending = 'responder' | 'dispatcher' | 'cancel' | 'nobody';

/** What is drawn for an emergency before it is pressed. */
export interface Story {
  readonly location: { readonly latitude: number; readonly longitude: number };
  readonly severity: Severity;
  readonly category: Category;
  readonly ending: Ending;
  /** Whether the button is pressed twice at once. */
  readonly doubleTap: boolean;
  /** Whether it is pressed again, from elsewhere, while it is open. */
  readonly pressedAgain: boolean;
  readonly watched: boolean;
  readonly cancelAfterMs: number;
  readonly completeAfterMs: number;
  /** When a dispatcher puts an end to it whatever has happened. */
  readonly patienceMs: number;
}

export function drawStory(draw: Random): Story {
  const severity = weighted(draw, [
    [Severity.CRITICAL, 6],
    [Severity.URGENT, 3],
    [Severity.NORMAL, 1],
  ]);
  return {
    location: chance(draw, 0.05) ? NOWHERE : placeWithin(SIDE_METERS, draw.uniform),
    severity,
    category: draw.pick([Category.CARDIAC_ARREST, Category.TRAUMA, Category.MEDICAL, Category.OTHER]),
    ending: weighted<Ending>(draw, [
      ['responder', 65],
      ['dispatcher', 12],
      ['cancel', 15],
      ['nobody', 8],
    ]),
    doubleTap: chance(draw, 0.15),
    pressedAgain: chance(draw, 0.08),
    watched: chance(draw, 0.5),
    cancelAfterMs: between(draw, 200, 6_000),
    completeAfterMs: between(draw, 4_000, 10_000),
    patienceMs: escalatesAfterMs(severity) + 5_000,
  };
}

export function escalatesAfterMs(severity: Severity): number {
  switch (severity) {
    case Severity.UNSPECIFIED:
    case Severity.CRITICAL:
      return PACE.escalateMs.critical;
    case Severity.URGENT:
      return PACE.escalateMs.urgent;
    case Severity.NORMAL:
      return PACE.escalateMs.normal;
    default:
      return severity satisfies never;
  }
}

function weighted<T>(draw: Random, choices: readonly (readonly [T, number])[]): T {
  let left = draw.uniform() * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  throw new Error('nothing to choose from');
}
