import type { Database, Queryable } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import type { Delivered } from './delivered.ts';

/** How often it was begun to handle one event. */
export interface Attempts {
  /** Whether it may have ended a process before: then no other event shares its transaction. */
  readonly suspect: boolean;
  /** Whether nothing else may be handled meanwhile: when the process ends, it is then known by what. */
  readonly alone: boolean;
  /** Counts another before it begins, and says the how manieth it is. */
  begin(): Promise<number>;
  /** Takes the last one back, which was cut short for no fault of the event. */
  undo(): Promise<void>;
  /** Forgets them: in the transaction of the event's effect, or when it was given up. */
  end(on: Queryable): Promise<void>;
}

const KNOWN = prepared('attempts_known', 'SELECT event_id FROM inbox_attempts WHERE durable = $1');
const BEGIN = prepared(
  'attempts_begin',
  `INSERT INTO inbox_attempts (durable, event_id, attempts) VALUES ($1, $2, 1)
   ON CONFLICT (durable, event_id) DO UPDATE SET attempts = inbox_attempts.attempts + 1, begin_time = now() RETURNING attempts`,
);
const UNDO = prepared(
  'attempts_undo',
  'UPDATE inbox_attempts SET attempts = greatest(attempts - 1, 0) WHERE durable = $1 AND event_id = $2',
);
const END = prepared('attempts_end', 'DELETE FROM inbox_attempts WHERE durable = $1 AND event_id = $2');

/**
 * Attempts at each event. One that an earlier reader was given and did not acknowledge may be what ended its process: attempts at it are
 * counted in the database, where they outlive this process too. When one such process has not come back either, every event that it had
 * begun is handled alone, so that those beside the one to blame are not counted with it. All others cost nothing: they are counted here.
 * @param suspectsUpTo Place in the stream up to which events were given to earlier readers; 0 when all came back.
 */
export async function openAttempts(
  database: Database,
  durable: string,
  suspectsUpTo: number,
): Promise<(event: Delivered) => Attempts> {
  const rows = await database.query<{ event_id: string }>(KNOWN, [durable]);
  const begun = new Set(rows.map(({ event_id }) => event_id));

  const counted = (id: string): Attempts => ({
    suspect: true,
    alone: begun.has(id),
    async begin() {
      const [row] = await database.query<{ attempts: number }>(BEGIN, [durable, id]);
      return row?.attempts ?? 1;
    },
    // Where the database is away the attempt stays counted, which spends one of several.
    undo: () => database.query(UNDO, [durable, id]).then(nothing, nothing),
    end: (on) => on.query(END, [durable, id]).then(nothing),
  });

  return ({ message, id: asSent }) => {
    const id = asSent.toLowerCase();
    return message.seq <= suspectsUpTo || begun.has(id) ? counted(id) : countedHere();
  };
}

function countedHere(): Attempts {
  let count = 0;
  return {
    suspect: false,
    alone: false,
    begin: async () => ++count,
    async undo() {
      count -= 1;
    },
    async end() {},
  };
}

const nothing = () => undefined;
