import type { ServiceImpl } from '@connectrpc/connect';
import type { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import type { Context } from '../context.ts';
import { addCertification } from './add-certification.ts';
import { createProfile } from './create-profile.ts';
import { findNearby } from './find-nearby.ts';
import { getProfile } from './get-profile.ts';
import { listVolunteers } from './list-volunteers.ts';
import { setAvailability } from './set-availability.ts';
import { streamLocations } from './stream-locations.ts';
import { updateLocation } from './update-location.ts';
import { updateProfile } from './update-profile.ts';
import { verifyCertification } from './verify-certification.ts';

export const volunteerRpc = (context: Context): ServiceImpl<typeof VolunteerService> => ({
  createProfile: createProfile(context),
  getProfile: getProfile(context),
  updateProfile: updateProfile(context),
  setAvailability: setAvailability(context),
  updateLocation: updateLocation(context),
  streamLocations: streamLocations(context),
  addCertification: addCertification(context),
  verifyCertification: verifyCertification(context),
  listVolunteers: listVolunteers(context),
  findNearby: findNearby(context),
});
