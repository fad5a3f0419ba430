import { EmergencyAuditService } from '@kreki/gen/kreki/emergency/v1/emergency_audit_service_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { auditRpc } from '@kreki/runtime/audit/rpc';
import { loop } from '@kreki/runtime/loop';
import { personalDataRpc } from '@kreki/runtime/privacy/rpc';
import { implement } from '@kreki/runtime/rpc/handlers';
import { createService, type RunningService } from '@kreki/runtime/service';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { createDispatcher } from './dispatch/dispatcher.ts';
import { repliesConsumer } from './emergencies/replies.ts';
import { holdings } from './privacy/holdings.ts';
import { emergencyRpc } from './rpc/emergency-rpc.ts';
import { Acknowledgements } from './store/acknowledgements.ts';
import { changedSince, findEmergencies } from './store/emergencies.ts';
import { PressWriter } from './store/press-writer.ts';
import { WatchHub } from './watch/hub.ts';

const ACKNOWLEDGEMENTS_INTERVAL_MS = 1_000;

/** Starts the service: presses, dispatch, responses, and who watches them. */
export async function startEmergency(config: Config): Promise<RunningService> {
  const service = await createService(config, { migrations: new URL('./prisma/migrations', import.meta.url) });
  const { database, outbox, bus, log } = service;
  const presses = await service.reserve(config.pressConnections);
  const watch = new WatchHub({
    load: (ids) => findEmergencies(database, ids),
    changed: (versions) => changedSince(database, versions),
    watchersMax: config.watchersMax,
    log,
  });
  const acknowledgements = new Acknowledgements();
  service.onStop(() => acknowledgements.write(database));

  const dispatcher = createDispatcher(() => context, {
    concurrency: config.dispatchConcurrency,
    leaseMs: config.dispatchLeaseMs,
    pollMs: config.dispatchPollMs,
    log,
  });
  const context: Context = {
    database,
    presses,
    pressWriter: new PressWriter(presses),
    outbox,
    watch,
    acknowledgements,
    volunteers: service.client(VolunteerService, 'volunteer'),
    dispatch: config.dispatch,
    movedMeters: config.movedMeters,
    log,
    wakeDispatch: () => dispatcher.wake(),
  };

  // Changes made by other replicas are heard of when their events pass by, and read at intervals should one go unheard.
  const heard = bus.subscribe('kreki.emergency.v1.*', (message) =>
    watch.heard(message.header('ce-id'), message.header('ce-subject')),
  );
  service.onStop(() => heard.stop());
  const poll = loop('watch poll', config.watchPollMs, () => watch.refreshAll(), { log });
  const record = loop('acknowledgements', ACKNOWLEDGEMENTS_INTERVAL_MS, () => acknowledgements.write(database), {
    log,
  });

  return service.start({
    rpc: [
      implement(EmergencyService, emergencyRpc(context)),
      implement(EmergencyAuditService, auditRpc(database)),
      implement(PersonalDataService, personalDataRpc(database, holdings(context))),
    ],
    consumers: [repliesConsumer(context)],
    loops: [dispatcher, poll, record],
  });
}
