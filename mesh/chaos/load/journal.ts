import { closeSync, openSync, writeSync } from 'node:fs';

export type OperationKind =
  | 'press'
  | 'accept'
  | 'decline'
  | 'progress'
  | 'withdraw'
  | 'complete'
  | 'cancel'
  | 'move'
  | 'register'
  | 'sign out';

/** By which way an operation went: the edge's protocols, or a button of a WhatsApp message. */
export type Way = 'connect' | 'grpc-web' | 'grpc' | 'rest' | 'whatsapp';

/**
 * How an operation ended for who did it: acknowledged; refused, so that it has no effect; or unknown, when no answer came or the answer says
 * that nobody knows.
 */
export type Outcome = 'ok' | 'refused' | 'unknown';

/** One request of one person: what was asked for, and what was answered. */
export interface Operation {
  readonly id: number;
  readonly kind: OperationKind;
  /** UUID of the person. */
  readonly who: string;
  readonly way: Way;
  /** Unix milliseconds, as all times here. */
  readonly beganMs: number;
  readonly emergencyId?: string;
  readonly requestId?: string;
  /** What else there is to know: the status asked for, when a position was measured, an access token. */
  readonly detail?: string | number;
  endedMs?: number;
  outcome?: Outcome;
  /** Of a press or a registration: the id that it was acknowledged with. */
  gotId?: string;
  /** `CODE REASON` of a refusal or failure. */
  error?: string;
}

export type NewOperation = Omit<Operation, 'id' | 'beganMs'>;

/** What a watcher was shown last of an emergency. */
export interface Watched {
  readonly emergencyId: string;
  readonly who: string;
  readonly way: Way;
  /** Versions in the order in which they were shown, for each stream that was opened. */
  readonly streams: number[][];
  /** The last state shown. */
  status: number;
  version: number;
  responders: number;
  /** Whether a stream ended by itself, which it does when the emergency is closed. */
  ended: boolean;
  /** Why the watcher may not look any more. */
  refused?: string;
}

/** Everything the load did and was told, in memory and, line by line as it happens, in a file. */
export class Journal {
  readonly operations: Operation[] = [];
  readonly watched: Watched[] = [];
  readonly #file: number;

  constructor(file: string) {
    this.#file = openSync(file, 'a', 0o600);
  }

  begin(operation: NewOperation): Operation {
    const begun: Operation = { id: this.operations.length, beganMs: Date.now(), ...operation };
    this.operations.push(begun);
    this.#write(begun);
    return begun;
  }

  end(operation: Operation, outcome: Outcome, told: Pick<Operation, 'gotId' | 'error'> = {}): void {
    Object.assign(operation, { outcome, endedMs: Date.now(), ...told });
    this.#write({ id: operation.id, outcome, endedMs: operation.endedMs, ...told });
  }

  watch(emergencyId: string, who: string, way: Way): Watched {
    const watched = { emergencyId, who, way, streams: [], status: 0, version: 0, responders: 0, ended: false };
    this.watched.push(watched);
    return watched;
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(record: object): void {
    writeSync(this.#file, `${JSON.stringify(record)}\n`);
  }
}
