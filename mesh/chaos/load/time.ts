import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../local/seed/random.ts';

/** Waits without keeping a process alive that has nothing else to do. */
export const pause = (ms: number): Promise<void> => sleep(Math.max(0, ms), undefined, { ref: false });

/** Milliseconds between two bounds. */
export const between = (draw: Random, low: number, high: number): number => low + draw.uniform() * (high - low);

/** Whether something comes true that does so with a probability. */
export const chance = (draw: Random, probability: number): boolean => draw.uniform() < probability;
