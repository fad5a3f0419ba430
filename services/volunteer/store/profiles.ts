import type { Volunteer } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { Context } from '../context.ts';
import { profileNotFound, refusalOf } from '../profiles/refusals.ts';
import { volunteerMessage } from '../profiles/volunteer-message.ts';
import { findPresence } from './presence.ts';

/** The profiles of these volunteers, in this order; those that do not exist are left out. */
export async function loadProfiles({ prisma, database }: Context, ids: readonly string[]): Promise<Volunteer[]> {
  const [rows, presence] = await Promise.all([
    prisma.volunteer.findMany({
      where: { id: { in: [...ids] } },
      include: { certifications: { orderBy: { id: 'asc' } } },
    }),
    findPresence(database, ids),
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row ? [volunteerMessage(row, presence.get(id))] : [];
  });
}

/** @throws ConnectError NOT_FOUND `PROFILE_NOT_FOUND` */
export async function loadProfile(context: Context, id: string): Promise<Volunteer> {
  const [volunteer] = await loadProfiles(context, [id]);
  if (!volunteer) throw profileNotFound();
  return volunteer;
}

export interface NewProfile {
  readonly id: string;
  readonly displayName: string;
  readonly skills: readonly number[];
  readonly timeZone: string;
  readonly requestId: string | undefined;
}

const INSERT = prepared(
  'insert_profile',
  `INSERT INTO volunteers (id, display_name, skills, time_zone, create_request_id)
   VALUES ($1, $2, $3::smallint[], $4, $5)
   ON CONFLICT (id) DO NOTHING RETURNING created_at`,
);

/** @returns when it was made; undefined when the person has a profile already */
export async function insertProfile(tx: Tx, profile: NewProfile): Promise<Date | undefined> {
  const { id, displayName, skills, timeZone, requestId } = profile;
  try {
    const [row] = await tx.query<{ created_at: Date }>(INSERT, [id, displayName, skills, timeZone, requestId ?? null]);
    return row?.created_at;
  } catch (error) {
    throw refusalOf(error);
  }
}

/** What of a profile changes; what is undefined stays. */
export interface ProfileChange {
  readonly displayName: string | undefined;
  readonly skills: readonly number[] | undefined;
  readonly timeZone: string | undefined;
}

const UPDATE = prepared(
  'update_profile',
  `UPDATE volunteers
   SET display_name = coalesce($2, display_name), skills = coalesce($3::smallint[], skills),
       time_zone = coalesce($4, time_zone), version = version + 1
   WHERE id = $1 AND ($5::text = '' OR version::text = $5)
   RETURNING id`,
);

/** @returns whether there was a profile of that version; an empty `etag` is any */
export async function updateProfileRow(
  database: Queryable,
  id: string,
  change: ProfileChange,
  etag: string,
): Promise<boolean> {
  const { displayName = null, skills = null, timeZone = null } = change;
  try {
    return (await database.query(UPDATE, [id, displayName, skills, timeZone, etag])).length > 0;
  } catch (error) {
    throw refusalOf(error);
  }
}
