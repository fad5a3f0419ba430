import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type Certification,
  CertificationSchema,
  DutyStatus,
  type PositionSchema,
  type Volunteer,
  VolunteerSchema,
} from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import type { Period } from '../availability/schedule.ts';
import type { Certification as CertificationRow, Volunteer as VolunteerRow } from '../prisma/generated/client.ts';
import type { PresenceRow } from '../store/presence.ts';

/** A volunteer as the contract shows it. */
export function volunteerMessage(
  row: VolunteerRow & { certifications: CertificationRow[] },
  presence: PresenceRow | undefined,
): Volunteer {
  const position = presence && positionMessage(presence);
  return create(VolunteerSchema, {
    id: row.id,
    displayName: row.displayName,
    skills: row.skills,
    certifications: row.certifications.map(certificationMessage),
    dutyStatus: presence?.on_duty ? DutyStatus.ON_DUTY : DutyStatus.OFF_DUTY,
    schedule: row.schedule as unknown as Period[],
    timeZone: row.timeZone,
    verified: row.verified,
    ...(position && { position }),
    engagedEmergencyId: row.engagedEmergencyId ?? '',
    createTime: timestampFromDate(row.createdAt),
    etag: String(row.version),
  });
}

export function certificationMessage(row: CertificationRow): Certification {
  return create(CertificationSchema, {
    id: row.id,
    skill: row.skill,
    issuer: row.issuer,
    number: row.number,
    validFrom: timestampFromDate(row.validFrom),
    validUntil: timestampFromDate(row.validUntil),
    verified: row.verified,
    verifiedBy: row.verifiedBy ?? '',
    ...(row.verifiedAt && { verifyTime: timestampFromDate(row.verifiedAt) }),
  });
}

/** A position as the columns of `POSITION_COLUMNS` hold it. */
export interface PositionRow {
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly accuracy_meters: number | null;
  readonly measured_at: Date | null;
}

export function positionMessage(row: PositionRow): MessageInitShape<typeof PositionSchema> | undefined {
  if (row.latitude === null || row.longitude === null || row.measured_at === null) return undefined;
  return {
    location: { latitude: row.latitude, longitude: row.longitude, accuracyMeters: row.accuracy_meters ?? 0 },
    measureTime: timestampFromDate(row.measured_at),
  };
}
