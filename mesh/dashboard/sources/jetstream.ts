/** A stream as JetStream describes it. */
export interface StreamSnapshot {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly messages: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Milliseconds since 1970; undefined while it is empty. */
  readonly lastMs: number | undefined;
  /** Messages a second since it was read before. */
  readonly rate: number;
}

/** A durable consumer as JetStream describes it. */
export interface ConsumerSnapshot {
  readonly stream: string;
  readonly durable: string;
  readonly pending: number;
  readonly ackPending: number;
  readonly redelivered: number;
  /** Age of the oldest event that is not acknowledged, in milliseconds; 0 when there is none. */
  readonly lagMs: number;
}

export interface StreamsSnapshot {
  readonly timeMs: number;
  readonly streams: readonly StreamSnapshot[];
  readonly consumers: readonly ConsumerSnapshot[];
  readonly deadLetters: number;
  /** Dead letters by the durable that gave up. */
  readonly deadLettersOf: ReadonlyMap<string, number>;
}
