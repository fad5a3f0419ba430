import { VolunteerSchema } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { everyRow, type Holdings, json, type Section } from '@kreki/runtime/privacy/holdings';
import type { Context } from '../context.ts';
import {
  deleteEngagements,
  deleteProfile,
  engagementsOf,
  unlinkVerifier,
  verificationsBy,
} from '../store/personal-data.ts';
import { loadProfiles } from '../store/profiles.ts';

/** A volunteer's profile is theirs alone; what they checked of others stays with those. */
export const holdings = (context: Context): Holdings => ({
  sections: sections(context),
  erasure: [
    { columns: ['volunteers.id', 'certifications.volunteer_id', 'positions.volunteer_id'], run: deleteProfile },
    { columns: ['engagements.volunteer_id'], run: deleteEngagements },
    { columns: ['certifications.verified_by'], run: unlinkVerifier },
  ],
});

const sections = (context: Context): Section[] => [
  {
    name: 'volunteer.profile',
    title: { id: 'Profil relawan', en: 'Volunteer profile' },
    columns: ['volunteers.id', 'certifications.volunteer_id', 'positions.volunteer_id'],
    async *read(userId) {
      for (const volunteer of await loadProfiles(context, [userId])) yield json(VolunteerSchema, volunteer);
    },
  },
  {
    name: 'volunteer.engagement',
    title: { id: 'Keterlibatan dalam keadaan darurat', en: 'Engagement in emergencies' },
    columns: ['engagements.volunteer_id'],
    async *read(userId) {
      const rows = everyRow(
        (after: string | undefined, limit) => engagementsOf(context.database, userId, after, limit),
        ({ emergencyId }) => emergencyId,
      );
      for await (const { emergencyId, acceptedAt, endedAt } of rows) {
        const times = { acceptTime: acceptedAt?.toISOString() ?? null, endTime: endedAt?.toISOString() ?? null };
        yield { emergencyId, ...times };
      }
    },
  },
  {
    name: 'volunteer.verification',
    title: { id: 'Sertifikat yang Anda periksa', en: 'Certificates you checked' },
    columns: ['certifications.verified_by'],
    async *read(userId) {
      const rows = everyRow(
        (after: string | undefined, limit) => verificationsBy(context.database, userId, after, limit),
        ({ certificationId }) => certificationId,
      );
      for await (const { certificationId, verifiedAt } of rows) {
        yield { certificationId, verifyTime: verifiedAt.toISOString() };
      }
    },
  },
];
