import type { ServiceImpl } from '@connectrpc/connect';
import type { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import type { Context } from '../context.ts';
import { cancel } from './cancel.ts';
import { complete } from './complete.ts';
import { findNearbyVolunteers } from './find-nearby-volunteers.ts';
import { get } from './get.ts';
import { getResponseStatistics } from './get-response-statistics.ts';
import { listActive } from './list-active.ts';
import { listDispatchDecisions } from './list-dispatch-decisions.ts';
import { respond } from './respond.ts';
import { triggerPanic } from './trigger-panic.ts';
import { updateResponse } from './update-response.ts';
import { watch } from './watch.ts';

export const emergencyRpc = (context: Context): ServiceImpl<typeof EmergencyService> => ({
  triggerPanic: triggerPanic(context),
  listActive: listActive(context),
  findNearbyVolunteers: findNearbyVolunteers(context),
  getResponseStatistics: getResponseStatistics(context),
  get: get(context),
  respond: respond(context),
  updateResponse: updateResponse(context),
  complete: complete(context),
  cancel: cancel(context),
  watch: watch(context),
  listDispatchDecisions: listDispatchDecisions(context),
});
