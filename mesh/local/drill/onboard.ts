import { randomUUID } from 'node:crypto';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import { Platform } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { DutyStatus, Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { tokenOfPhone } from '../../simulators/inbox/recipient.ts';
import { type NewPerson, type Person, register } from './person.ts';

const DAY_MS = 86_400_000;

/** Everything that makes a citizen a volunteer: account, profile, role, a certificate that is checked. */
export async function onboard(edgeUrl: string, details: NewPerson, admin: Person, dispatcher: Person): Promise<Person> {
  const volunteer = await register(edgeUrl, details);
  const volunteerId = volunteer.userId;
  await volunteer.call(VolunteerService).createProfile({
    displayName: details.fullName,
    skills: [Skill.BASIC_LIFE_SUPPORT],
    requestId: randomUUID(),
  });
  await admin.call(UserAdminService).updateUserRole({ userId: volunteerId, role: 'volunteer' });
  await volunteer.refresh();
  const { certification } = await volunteer.call(VolunteerService).addCertification({
    skill: Skill.BASIC_LIFE_SUPPORT,
    issuer: 'PMI',
    number: `DRILL-${volunteerId}`,
    validFrom: timestampFromMs(Date.now() - DAY_MS),
    validUntil: timestampFromMs(Date.now() + 729 * DAY_MS),
    requestId: randomUUID(),
  });
  const certificationId = certification?.id ?? '';
  await dispatcher.call(VolunteerService).verifyCertification({ volunteerId, certificationId });
  return volunteer;
}

/** Goes on duty at a place, with the phone registered for pushes. */
export async function goOnDuty(volunteer: Person, location: { latitude: number; longitude: number }): Promise<void> {
  const volunteers = volunteer.call(VolunteerService);
  await volunteer.call(NotificationService).registerDevice({
    token: tokenOfPhone(volunteer.phone),
    platform: Platform.ANDROID,
  });
  await volunteers.setAvailability({ dutyStatus: DutyStatus.ON_DUTY });
  await volunteers.updateLocation({ location: { ...location, accuracyMeters: 8 } });
}
