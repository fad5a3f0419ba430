import { PrismaPg } from '@prisma/adapter-pg';
import type { Database } from './database.ts';
import { operation } from './telemetry.ts';

/** What Prisma sends its statements through: the service's own pool, and each statement measured as the runtime's own are. */
export const prismaAdapter = ({ pool }: Pick<Database, 'pool'>): PrismaPg => new MeasuredAdapter(pool);

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type Queryable = Pick<Adapter, 'queryRaw' | 'executeRaw'>;

class MeasuredAdapter extends PrismaPg {
  override async connect(): Promise<Adapter> {
    const adapter = measured(await super.connect());
    const startTransaction = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (isolation) => measured(await startTransaction(isolation));
    return adapter;
  }
}

function measured<Q extends Queryable>(queryable: Q): Q {
  const queryRaw = queryable.queryRaw.bind(queryable);
  const executeRaw = queryable.executeRaw.bind(queryable);
  queryable.queryRaw = (query) => timed(query.sql, () => queryRaw(query));
  queryable.executeRaw = (query) => timed(query.sql, () => executeRaw(query));
  return queryable;
}

async function timed<T>(sql: string, send: () => Promise<T>): Promise<T> {
  const finish = operation('postgresql', nameOf(sql));
  try {
    const result = await send();
    finish();
    return result;
  } catch (error) {
    finish(error);
    throw error;
  }
}

const COMMAND = /^\s*(\w+)/;
const TABLE = /\b(?:from|into|update)\s+(?:"\w+"\.)?"?(\w+)"?/i;

/** Command and first table, such as `select users`: nothing else of a statement goes into telemetry. */
export function nameOf(sql: string): string {
  const command = COMMAND.exec(sql)?.[1]?.toLowerCase() ?? 'unknown';
  const table = TABLE.exec(sql)?.[1];
  return table ? `${command} ${table}` : command;
}
