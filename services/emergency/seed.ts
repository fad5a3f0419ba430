import type pg from 'pg';

/** What this service takes of a roster: who at PSC 119 is told of which regency. */
export interface SeedRoster {
  readonly coordinators: readonly { readonly regencyCode: string; readonly userId: string }[];
}

/** Brings the coordinators into the service's own database; again as often as one likes. */
export async function seed(database: pg.Pool, { coordinators }: SeedRoster): Promise<void> {
  await database.query(
    `INSERT INTO coordinators (regency_code, user_id)
     SELECT * FROM unnest($1::text[], $2::uuid[]) ON CONFLICT DO NOTHING`,
    [coordinators.map(({ regencyCode }) => regencyCode), coordinators.map(({ userId }) => userId)],
  );
}
