import { randomUUID } from 'node:crypto';
import type { DescMethod } from '@bufbuild/protobuf';
import { Health } from '@kreki/gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '@kreki/gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '@kreki/gen/grpc/reflection/v1alpha/reflection_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { Platform } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import type { People } from '../people/people.ts';
import { everyRpc } from '../rpcs.ts';

const MONAS = { latitude: -6.175392, longitude: 106.827153 };

/** Everything that can be called at the edge, and what only services may call. */
export async function everyMethod(): Promise<DescMethod[]> {
  const rpcs = await everyRpc();
  const edges = [Health, ServerReflection, ServerReflectionAlpha].flatMap((service): DescMethod[] => [
    ...service.methods,
  ]);
  return [...rpcs.map(({ method }) => method), ...edges];
}

/** Names of things that exist: they belong to somebody who sends none of the fuzzer's requests. */
export async function someThings(people: People): Promise<string[]> {
  const somebody = await people.make('volunteer');
  const { emergency } = await somebody.call(EmergencyService).triggerPanic({ location: MONAS });
  await somebody.call(VolunteerService).createProfile({ displayName: 'Fuzz' });
  const token = `device-${randomUUID()}`;
  const { device } = await somebody.call(NotificationService).registerDevice({ token, platform: Platform.ANDROID });
  return [somebody.userId, emergency?.id ?? '', device?.id ?? '', token, 'kreki.emergency.v1.EmergencyService'];
}
