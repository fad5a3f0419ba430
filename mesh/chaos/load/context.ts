import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.ts';
import type { Person } from './person.ts';
import type { Story } from './story.ts';

/** A volunteer's phone may show an alert before the one who pressed learned of the acknowledgement. */
const STORY_PATIENCE_MS = 3_000;

/** What the people of a run share: the journal, the dispatcher, and what was drawn for each emergency. */
export class LoadContext {
  readonly journal: Journal;
  readonly dispatcher: Person;
  /** Aborts when everything is over. */
  readonly signal: AbortSignal;
  /** Presses that were never acknowledged. */
  givenUp = 0;
  readonly #stories = new Map<string, PromiseWithResolvers<Story>>();
  readonly #completed = new Map<string, PromiseWithResolvers<true>>();

  /** Counts something among what goes on. */
  readonly alongside: (activity: Promise<unknown>) => void;

  constructor(
    journal: Journal,
    dispatcher: Person,
    signal: AbortSignal,
    alongside: (activity: Promise<unknown>) => void,
  ) {
    this.alongside = alongside;
    this.journal = journal;
    this.dispatcher = dispatcher;
    this.signal = signal;
  }

  told(emergencyId: string, story: Story): void {
    entry(this.#stories, emergencyId).resolve(story);
  }

  gaveUp(): void {
    this.givenUp += 1;
  }

  /** Undefined for one whose press nobody was told of in time. */
  storyOf(emergencyId: string): Promise<Story | undefined> {
    return within(entry(this.#stories, emergencyId).promise, STORY_PATIENCE_MS);
  }

  /** A responder was told that it is completed. */
  markCompleted(emergencyId: string): void {
    entry(this.#completed, emergencyId).resolve(true);
  }

  /** Whether a responder completes it in time. */
  async completed(emergencyId: string, withinMs: number): Promise<boolean> {
    return (await within(entry(this.#completed, emergencyId).promise, withinMs)) ?? false;
  }
}

function entry<T>(map: Map<string, PromiseWithResolvers<T>>, key: string): PromiseWithResolvers<T> {
  const known = map.get(key) ?? Promise.withResolvers<T>();
  map.set(key, known);
  return known;
}

const within = <T>(promise: Promise<T>, ms: number): Promise<T | undefined> =>
  Promise.race([promise, sleep(ms, undefined, { ref: false })]);
