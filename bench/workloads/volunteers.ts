import pg from 'pg';

/** Half live in Jakarta, in a square of about 29 km. */
export const JAKARTA = { south: -6.36, north: -6.1, west: 106.7, east: 106.96 } as const;

/** The other half in and around Indonesia's largest other cities, from Sabang to Merauke. */
const CITIES = `(VALUES
  (-7.25, 112.75), (-6.91, 107.61), (3.59, 98.67), (-6.97, 110.42), (-5.14, 119.43), (-2.98, 104.76), (1.12, 104.05),
  (0.51, 101.45), (-5.43, 105.26), (-7.98, 112.63), (-0.95, 100.35), (-8.65, 115.22), (-0.50, 117.15), (-7.57, 110.83),
  (-0.03, 109.33), (-3.32, 114.59), (-1.61, 103.61), (-7.80, 110.36), (1.49, 124.84), (-8.58, 116.12), (-10.18, 123.61),
  (-3.70, 128.18), (-2.53, 140.72), (-0.86, 131.25), (5.55, 95.32), (-8.49, 140.40))`;

const BATCH = 20_000;

/** Adds volunteers on duty, verified, certified, each at a position measured now, until there are as many of these as `count`. */
export async function addVolunteers(databaseUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`SET statement_timeout = 0`);
    const { rows } = await client.query<{ count: string }>(COUNT);
    const present = Number(rows[0]?.count ?? 0);
    if (present >= count) return;
    console.log(`adding ${(count - present).toLocaleString('en')} volunteers …`);
    for (let first = present + 1; first <= count; first += BATCH) {
      await client.query(ADD, [first, Math.min(count, first + BATCH - 1)]);
      await client.query(PLACE);
    }
    await client.query('ANALYZE volunteers, certifications, positions').catch(() => undefined);
  } finally {
    await client.end();
  }
}

const COUNT = `SELECT count(*) FROM certifications WHERE issuer = 'Bench'`;

const ADD = `
  WITH made AS (
    INSERT INTO volunteers (id, display_name, skills, duty_status, time_zone, verified)
    SELECT gen_random_uuid(), 'Bench ' || n, '{1}', 2, 'Asia/Jakarta', true FROM generate_series($1::int, $2::int) AS n
    RETURNING id
  )
  INSERT INTO certifications (id, volunteer_id, skill, issuer, number, valid_from, valid_until, verified, verified_at)
  SELECT gen_random_uuid(), id, 1, 'Bench', id::text, now() - interval '1 day', now() + interval '1 year', true, now()
  FROM made`;

/** Those who have no position yet; `city` is drawn for each row, since it depends on it. */
const PLACE = `
  WITH cities AS (SELECT latitude, longitude, row_number() OVER () - 1 AS n FROM ${CITIES} AS city (latitude, longitude)),
  drawn AS (
    SELECT volunteer_id, random() < 0.5 AS in_jakarta, floor(random() * 26) AS n, random() AS a, random() AS b
    FROM positions WHERE findable AND location IS NULL
  )
  UPDATE positions AS p
  SET accuracy_meters = 10, measured_at = now(), location = ST_MakePoint(
    CASE WHEN in_jakarta THEN ${JAKARTA.west} + a * ${JAKARTA.east - JAKARTA.west} ELSE longitude + (a - 0.5) * 0.4 END,
    CASE WHEN in_jakarta THEN ${JAKARTA.south} + b * ${JAKARTA.north - JAKARTA.south} ELSE latitude + (b - 0.5) * 0.4 END
  )::geography
  FROM drawn JOIN cities USING (n) WHERE p.volunteer_id = drawn.volunteer_id`;
