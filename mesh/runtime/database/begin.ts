import pg from 'pg';
import type { Prepared } from './sql.ts';

/** What pg knows and does that its types do not tell. */
interface Wire {
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  bind(config: { readonly statement: string }): void;
  execute(config: object): void;
}
interface Sent {
  prepare(connection: Wire): void;
  handleCommandComplete(message: unknown, connection: Wire): void;
}

/** Prepared once on a connection, so that a beginning sent with a statement is answered by nothing that could be taken for that one's answer. */
const BEGIN = { name: 'begin', text: 'BEGIN' };

/** Whether a transaction can begin with its first statement on this connection. */
export const canBeginWith = ({ connection }: pg.PoolClient): boolean =>
  (connection as unknown as Wire).parsedStatements[BEGIN.name] !== undefined;

/** Begins a transaction by itself, after which the next ones can begin with a statement. */
export async function begin(client: pg.ClientBase): Promise<void> {
  await client.query(BEGIN);
}

/**
 * Begins a transaction and sends its first statement, in one round trip. Both are before one Sync: should the beginning fail or be cancelled, the
 * server does not run the statement, which by itself would be committed at once.
 */
export function beginWith<Row extends object>(
  client: pg.ClientBase,
  { name, text }: Prepared,
  values: readonly unknown[],
): Promise<pg.QueryResult<Row>> {
  return new Promise((resolve, reject) => {
    const query = new pg.Query<Row>({ name, text, values: [...values] }, (error, result) => {
      if (error) reject(error);
      else resolve(result as unknown as pg.QueryResult<Row>);
    });
    const sent = query as unknown as Sent;
    const { prepare, handleCommandComplete } = sent;
    sent.prepare = (connection) => {
      connection.bind({ statement: BEGIN.name });
      connection.execute({});
      prepare.call(query, connection);
    };
    let begun = false;
    sent.handleCommandComplete = (message, connection) => {
      if (begun) handleCommandComplete.call(query, message, connection);
      begun = true;
    };
    client.query(query);
  });
}
