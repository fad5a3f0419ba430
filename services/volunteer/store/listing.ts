import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** Where a page of the list by name ends. */
export interface NameKey {
  readonly name: string;
  readonly id: string;
}

export interface ListQuery {
  /** Only those who take offers now, or who do not. */
  readonly onDuty: boolean | undefined;
  /** Only those who state this skill, or hold a certificate of it that counts now. */
  readonly skill: number | undefined;
  readonly after: NameKey | undefined;
  readonly count: number;
}

const LIST = prepared(
  'list_volunteers',
  `SELECT v.id, v.display_name AS name
   FROM volunteers AS v
   WHERE ($3::text IS NULL OR (v.display_name, v.id) > ($3, $4::uuid))
     AND ($1::boolean IS NULL OR $1 = takes_offers(v.duty_status, v.duty_minutes, v.off_until, v.time_zone, now()))
     AND ($2::smallint IS NULL OR $2 = ANY (v.skills) OR EXISTS (
       SELECT FROM certifications AS c
       WHERE c.volunteer_id = v.id AND c.skill = $2 AND c.verified AND now() BETWEEN c.valid_from AND c.valid_until))
   ORDER BY v.display_name, v.id
   LIMIT $5`,
);

export function listByName(database: Queryable, { onDuty, skill, after, count }: ListQuery): Promise<NameKey[]> {
  const values = [onDuty ?? null, skill ?? null, after?.name ?? null, after?.id ?? null, count];
  return database.query<NameKey>(LIST, values);
}
