import { randomUUIDv7 } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { EmergencyMovedSchema, EmergencyRequestedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import {
  CancelReason,
  EmergencyStatus,
  EscalationReason,
  Severity,
} from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { TriggerPanicRequest } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { event } from '@kreki/runtime/events/outbox';
import { annotate } from '@kreki/runtime/telemetry';
import type { Context } from '../context.ts';
import { policyFor, respondersNeeded } from '../dispatch/policy.ts';
import { changeEmergency } from '../emergencies/change.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { isOpen } from '../emergencies/status.ts';
import { type EmergencyState, findEmergency } from '../store/emergencies.ts';
import { findRepeated, moveEmergency, type Place, type Press } from '../store/presses.ts';
import type { Rpc } from './rpc.ts';

/** An emergency can close between a press that finds it open and the look for it; then the press is a new one. */
const TRIES = 3;

export const triggerPanic =
  (context: Context): Rpc<'triggerPanic'> =>
  async (request, call) => {
    const startMs = performance.now();
    const press = pressOf(request, personOf(call).userId, context);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const state = (await newEmergency(context, press, startMs)) ?? (await repeated(context, press));
      if (!state) continue;
      annotate({ 'kreki.emergency.id': state.id });
      return { emergency: emergencyMessage(state, 'requester') };
    }
    throw fail(Code.Aborted, 'PRESS_AGAIN', 'your emergency was being closed; press again');
  };

function pressOf(request: TriggerPanicRequest, requesterId: string, { dispatch }: Context): Press {
  const { location, category, description, requestId } = request;
  const severity = request.severity || Severity.CRITICAL;
  if (!location) throw new TypeError('a checked request has a location');
  return {
    id: randomUUIDv7(),
    requesterId,
    requestId: requestId || undefined,
    latitude: location.latitude,
    longitude: location.longitude,
    accuracyMeters: location.accuracyMeters,
    severity,
    category,
    description,
    respondersNeeded: respondersNeeded(severity, dispatch),
    searchRadiusMeters: policyFor(severity, dispatch).radiiMeters[0] ?? dispatch.radiiMeters.near,
    receivedAt: new Date(),
  };
}

async function newEmergency(context: Context, press: Press, startMs: number): Promise<EmergencyState | undefined> {
  const { id: emergencyId, requesterId, severity, category, receivedAt } = press;
  const requestTime = timestampFromDate(receivedAt);
  const message = { emergencyId, requesterId, severity, category, requestTime };
  const createdAt = await context.pressWriter.write(press, event(EmergencyRequestedSchema, message, emergencyId));
  if (!createdAt) return undefined;
  context.acknowledgements.add(emergencyId, performance.now() - startMs);
  context.outbox.wake();
  context.wakeDispatch();
  return {
    ...press,
    createdAt,
    status: EmergencyStatus.PENDING,
    assignedAt: null,
    arrivedAt: null,
    completedAt: null,
    cancelledAt: null,
    cancelReason: CancelReason.UNSPECIFIED,
    escalatedAt: null,
    escalationReason: EscalationReason.UNSPECIFIED,
    firstOfferAt: null,
    failedSearches: 0,
    version: 1,
    openOffers: 0,
    responses: [],
  };
}

/**
 * The emergency that the press repeats, moved to where it was pressed now; others are told when that is elsewhere. Whoever presses again from
 * the same place changes nothing, and does not wait for those who change it.
 */
async function repeated(context: Context, press: Press): Promise<EmergencyState | undefined> {
  const repeat = await findRepeated(context.presses, press);
  if (!repeat) return undefined;
  const seen = await findEmergency(context.presses, repeat.id);
  const state = seen && isOpen(seen.status) && !isSamePlace(seen, press) ? await move(context, repeat.id, press) : seen;
  return state && (repeat.sameRequest || isOpen(state.status)) ? state : undefined;
}

const isSamePlace = (a: Place, b: Place) =>
  a.latitude === b.latitude && a.longitude === b.longitude && a.accuracyMeters === b.accuracyMeters;

const move = (context: Context, emergencyId: string, press: Press) =>
  changeEmergency(context, emergencyId, async ({ tx, now, tell }) => {
    const distanceMeters = await moveEmergency(tx, emergencyId, press);
    if (distanceMeters <= context.movedMeters) return;
    tell(event(EmergencyMovedSchema, { emergencyId, moveTime: timestampFromDate(now) }, emergencyId));
  });
