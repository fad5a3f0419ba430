import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { CancelReason } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { citizens } from '../load/citizens.ts';
import { device } from '../load/edge.ts';
import type { OwnMesh } from '../own-mesh.ts';
import type { Tally } from './tally.ts';

const PEOPLE = 60;
const MONAS = { latitude: -6.1754, longitude: 106.8272 };
const EMERGENCY = EmergencyService.typeName;

/** People who each do the same: what goes well, what is refused at the edge, and what is refused by a service. */
export async function callers({ mesh, folder }: OwnMesh): Promise<((tally: Tally) => Promise<void>)[]> {
  const people = await citizens(mesh.edgeUrl, PEOPLE, join(folder, 'citizens.json'));
  return people.map((citizen) => {
    const emergencies = device(mesh.edgeUrl, EmergencyService, citizen);
    const auth = device(mesh.edgeUrl, AuthService, citizen);
    const stranger = device(mesh.edgeUrl, AuthService, { address: citizen.address });
    const notifications = device(mesh.edgeUrl, NotificationService, citizen);
    return async (tally) => {
      const pressed = await tally.count(`${EMERGENCY}/TriggerPanic`, () =>
        emergencies.triggerPanic({ location: MONAS }),
      );
      await tally.count(`${AuthService.typeName}/GetMe`, () => auth.getMe({}));
      await tally.count(`${AuthService.typeName}/GetMe`, () => stranger.getMe({}));
      await tally.count(`${NotificationService.typeName}/ListNotifications`, () => notifications.listNotifications({}));
      await tally.count(`${EMERGENCY}/Get`, () => emergencies.get({ id: randomUUID() }));
      await tally.count(`${EMERGENCY}/Cancel`, () =>
        emergencies.cancel({ id: pressed?.emergency?.id ?? '', reason: CancelReason.FALSE_ALARM }),
      );
    };
  });
}
