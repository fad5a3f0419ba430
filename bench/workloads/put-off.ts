import pg from 'pg';

const PUT_OFF = `
  CREATE OR REPLACE FUNCTION bench_put_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.next_step_at := NULL; RETURN NEW; END $$;
  CREATE OR REPLACE TRIGGER bench_put_off BEFORE INSERT ON emergencies FOR EACH ROW EXECUTE FUNCTION bench_put_off()`;
const TAKE_UP = 'DROP TRIGGER IF EXISTS bench_put_off ON emergencies';

/** Has dispatch put off, and taken up again, in one database. */
export interface Dispatch {
  /**
   * New emergencies are due at no time, so that a press is measured by itself: dispatch, which costs several times as much and comes after the
   * answer, finds nothing to do. Every database of those that are compared has the same trigger.
   */
  putOff(): Promise<void>;
  takeUp(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param serverUrl as the server's administrator
 * @param databaseUrl which of its databases, as whomever
 */
export function openDispatch(serverUrl: string, databaseUrl: string): Dispatch {
  const url = new URL(serverUrl);
  url.pathname = new URL(databaseUrl).pathname;
  const database = new pg.Pool({ connectionString: url.href, max: 1 });
  return {
    putOff: async () => void (await database.query(PUT_OFF)),
    takeUp: async () => void (await database.query(TAKE_UP)),
    close: () => database.end(),
  };
}
