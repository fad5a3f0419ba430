import type { Measurement, Outcome } from './measurement.ts';

type Submission = PromiseWithResolvers<Outcome>;

interface Entry {
  latest: Measurement;
  submission: Submission;
  /** Those whose measurement another of the same volunteer replaced before it was written. */
  readonly replaced: Submission[];
}

/** Measurements to be written together, one for each volunteer, with those who wait for them. */
export class Batch {
  readonly #entries: Map<string, Entry>;

  constructor(entries = new Map<string, Entry>()) {
    this.#entries = entries;
  }

  /** Volunteers in it. */
  get size(): number {
    return this.#entries.size;
  }

  /** Measurements taken into it, replaced ones too. */
  get submissions(): number {
    let count = 0;
    for (const entry of this.#entries.values()) count += 1 + entry.replaced.length;
    return count;
  }

  /** Resolves when the batch is settled. Of two measurements of the same moment the later given one counts. */
  add(measurement: Measurement): Promise<Outcome> {
    const submission = Promise.withResolvers<Outcome>();
    const entry = this.#entries.get(measurement.volunteerId);
    if (!entry) {
      this.#entries.set(measurement.volunteerId, { latest: measurement, submission, replaced: [] });
    } else if (measurement.measuredAtMs >= entry.latest.measuredAtMs) {
      entry.replaced.push(entry.submission);
      entry.latest = measurement;
      entry.submission = submission;
    } else {
      entry.replaced.push(submission);
    }
    return submission.promise;
  }

  /** Moves the volunteers that have waited longest, up to a number of them, to a batch of their own. */
  take(count: number): Batch {
    const taken = new Map<string, Entry>();
    for (const [volunteerId, entry] of this.#entries) {
      if (taken.size === count) break;
      taken.set(volunteerId, entry);
      this.#entries.delete(volunteerId);
    }
    return new Batch(taken);
  }

  /** In the order of volunteers, so that two replicas lock rows in the same order. */
  measurements(): Measurement[] {
    const latest = Array.from(this.#entries.values(), (entry) => entry.latest);
    return latest.sort((a, b) => (a.volunteerId < b.volunteerId ? -1 : 1));
  }

  /** @param unstored what became of those that were not stored */
  settle(unstored: ReadonlyMap<string, Outcome>): void {
    for (const [volunteerId, { submission, replaced }] of this.#entries) {
      const outcome = unstored.get(volunteerId) ?? 'stored';
      submission.resolve(outcome);
      for (const other of replaced) other.resolve(outcome === 'no-profile' ? outcome : 'superseded');
    }
  }

  reject(error: unknown): void {
    for (const { submission, replaced } of this.#entries.values()) {
      for (const each of [submission, ...replaced]) each.reject(error);
    }
  }
}
