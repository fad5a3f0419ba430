import type { Evidence } from './evidence.ts';

/** A promise not held. */
export interface Violation {
  /** What is wrong, in a sentence that names who and what. */
  readonly text: string;
  readonly emergencyId?: string | undefined;
}

export interface Finding {
  /** How many of them were looked at: a check of nothing says nothing. */
  readonly checked: number;
  readonly violations: readonly Violation[];
  /** What is worth knowing although it is no violation. */
  readonly note?: string | undefined;
}

export interface Check {
  /** The promise, as the table has it. */
  readonly promise: string;
  run(evidence: Evidence): Finding;
}

/** Looks at each of some things; what it says of one is a violation. */
export function each<T>(
  things: readonly T[],
  look: (thing: T) => string | undefined | readonly string[],
  emergencyOf: (thing: T) => string | undefined = () => undefined,
): Finding {
  const violations = things.flatMap((thing) => {
    const said = look(thing) ?? [];
    return (typeof said === 'string' ? [said] : said).map((text) => ({ text, emergencyId: emergencyOf(thing) }));
  });
  return { checked: things.length, violations };
}

/** Things by a key, in their order. */
export function groupBy<T>(things: readonly T[], keyOf: (thing: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = groups.get(key);
    if (group) group.push(thing);
    else groups.set(key, [thing]);
  }
  return groups;
}
