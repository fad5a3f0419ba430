/** What is measured, and in which shape it is kept. */

/** Milliseconds from the intended moment of a call to its answer, by percentile. */
export interface Latency {
  readonly count: number;
  /** Pairs of percentile and milliseconds, ascending. */
  readonly curve: readonly (readonly [percentile: number, ms: number])[];
}

/** What one turn of a subject gave. */
export interface Sample {
  /** By name, which ends in the unit where there is one: `perSecond`, `p99Ms`, `memoryMb`. */
  readonly figures: Readonly<Record<string, number>>;
  readonly latency?: Latency;
  /** CPU time of a call in microseconds, by process. */
  readonly cpuMicros?: Readonly<Record<string, number>>;
  /** Milliseconds of what happens one after the other, half of the times. */
  readonly stagesMs?: Readonly<Record<string, number>>;
  /** Calls that did not end well, by what was said. */
  readonly errors?: Readonly<Record<string, number>>;
}

/** A place on one of the curves of a plot. */
export interface Point {
  readonly plot: string;
  readonly curve: string;
  readonly x: number;
}

/** One of the things that take turns within a workload. */
export interface Subject {
  readonly name: string;
  /** Whether it is what the machine gives at best, and not the mesh. */
  readonly floor?: true;
  /** Subjects of a stage have all their turns before those of the next; one stage when not given. */
  readonly stage?: number;
  /** Where its figures lie on curves. */
  readonly point?: Point;
  /** Turn 0 warms up and is not counted. */
  measure(turn: number): Promise<Sample>;
}

/** A promise about a figure: by itself, or as a part of another subject's in the same round. */
export interface Target {
  readonly subject: string;
  readonly figure: string;
  readonly against?: string;
  readonly atLeast?: number;
  readonly below?: number;
}

/** In words, for the report. */
export interface Turns {
  /** Such as `120 s`. */
  readonly length: string;
  /** From when to when, and under which load. */
  readonly latency?: string;
}

export interface OpenWorkload {
  readonly subjects: readonly Subject[];
  readonly targets: readonly Target[];
  /** Where they are not those of the run. */
  readonly rounds?: number;
  /** How long a turn takes and whose latency is drawn, where it is not as usual. */
  readonly turns?: Turns;
  /** Sentences for the report: what was done, and what has to be known to read the figures. */
  readonly notes: readonly string[];
  readonly captions?: Captions;
  close(): Promise<void>;
}

export interface SubjectResult {
  readonly name: string;
  readonly floor: boolean;
  readonly point?: Point;
  /** One a round, in order. */
  readonly samples: readonly Sample[];
}

export interface WorkloadResult {
  readonly name: string;
  readonly notes: readonly string[];
  readonly subjects: readonly SubjectResult[];
  readonly targets: readonly Target[];
  readonly turns?: Turns;
  readonly captions?: Captions;
}

/** What a picture shows, in a sentence or two, by the name of its file. */
export type Captions = Readonly<Record<string, string>>;

/** One run of `npm run bench`, as it is saved. */
export interface Run {
  readonly startedAt: string;
  readonly commit: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly workloads: readonly WorkloadResult[];
}
