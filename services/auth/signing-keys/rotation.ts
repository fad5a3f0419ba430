import type { StoredKey } from './signing-key.ts';

export interface RotationPolicy {
  /** How long a key signs. */
  readonly rotationMs: number;
  /** How long a key is published before it signs, so that every verifier can know it by then. */
  readonly leadMs: number;
  /** How long a token lives: a key stays published for that long after it last signed. */
  readonly tokenLifetimeMs: number;
}

export interface RotationPlan {
  /** When the next key shall begin to sign; undefined when none is due. */
  readonly create: Date | undefined;
  /** Keys that no token still valid was signed with. */
  readonly remove: readonly string[];
}

/** Clocks of replicas and verifiers may differ by this much. */
const CLOCK_TOLERANCE_MS = 60_000;

/** @param keys In the order of their `activeTime`. */
export function planRotation(keys: readonly StoredKey[], now: Date, policy: RotationPolicy): RotationPlan {
  return { create: nextActiveTime(keys.at(-1), now, policy), remove: keys.filter(ended).map((key) => key.kid) };

  function ended(_key: StoredKey, place: number): boolean {
    const successor = keys[place + 1];
    const lastTokenEnds = (successor?.activeTime.getTime() ?? Number.POSITIVE_INFINITY) + policy.tokenLifetimeMs;
    return lastTokenEnds + CLOCK_TOLERANCE_MS < now.getTime();
  }
}

function nextActiveTime(newest: StoredKey | undefined, now: Date, policy: RotationPolicy): Date | undefined {
  if (newest === undefined) return now;
  const due = newest.activeTime.getTime() + policy.rotationMs;
  const earliest = now.getTime() + policy.leadMs;
  return due <= earliest ? new Date(earliest) : undefined;
}

/** The key that signs now: the newest one whose time has come. */
export const activeKey = <Key extends { readonly activeTime: Date }>(
  keys: readonly Key[],
  now: Date,
): Key | undefined => keys.findLast((key) => key.activeTime <= now);
