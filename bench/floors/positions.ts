import pg from 'pg';
import { STORE_POSITIONS } from '../../services/volunteer/store/positions.ts';
import { type Script, withValues } from './pgbench.ts';

/** Volunteers in no order, in batches whose rows are in the order in which the service locks them. */
const MAKE = `
  DROP TABLE IF EXISTS bench_batches;
  CREATE TABLE bench_batches AS
    SELECT n, array_agg(volunteer_id ORDER BY volunteer_id) AS ids,
           array_agg(ST_X(location::geometry) ORDER BY volunteer_id) AS longitudes,
           array_agg(ST_Y(location::geometry) ORDER BY volunteer_id) AS latitudes
    FROM (
      SELECT volunteer_id, location, (row_number() OVER (ORDER BY random()) - 1) / $ROWS AS n FROM positions WHERE findable
    ) AS drawn GROUP BY n;
  CREATE UNIQUE INDEX ON bench_batches (n);
  ANALYZE bench_batches`;

/**
 * The statement that stores a batch of positions, each some metres from where its volunteer was.
 * @param url of volunteer's database, as somebody who may make a table there
 */
export async function positionsScript(url: string, rows: number): Promise<Script> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(MAKE.replace('$ROWS', String(rows)));
    const { rows: counted } = await client.query<{ count: string }>('SELECT count(*) FROM bench_batches');
    const moved = (column: string) => `(SELECT array_agg(at + :shift / 10000000.0) FROM unnest(${column}) AS at)`;
    const of = (expression: string) => `(SELECT ${expression} FROM bench_batches WHERE n = :batch)`;
    const filled = (value: string) => of(`array_fill(${value}, ARRAY[cardinality(ids)])`);
    return {
      // The last batch may not be full.
      set: [`\\set batch random(0, ${Math.max(0, Number(counted[0]?.count) - 2)})`, '\\set shift random(-1500, 1500)'],
      sql: withValues(STORE_POSITIONS.text, [
        of('ids'),
        of(moved('longitudes')),
        of(moved('latitudes')),
        filled('10::float4'),
        filled('extract(epoch FROM clock_timestamp())::float8 * 1000'),
      ]),
    };
  } finally {
    await client.end();
  }
}
