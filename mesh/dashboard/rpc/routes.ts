import type { ConnectRouter } from '@connectrpc/connect';
import { ContractService } from '@kreki/gen/kreki/mesh/v1/contract_service_pb.js';
import { LogService } from '@kreki/gen/kreki/mesh/v1/log_service_pb.js';
import { MapService } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { MeshAuditService } from '@kreki/gen/kreki/mesh/v1/mesh_audit_service_pb.js';
import { ObjectiveService } from '@kreki/gen/kreki/mesh/v1/objective_service_pb.js';
import { SessionService } from '@kreki/gen/kreki/mesh/v1/session_service_pb.js';
import { StreamService } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import { TraceService } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { WorkloadService } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import type { Context } from '../context.ts';
import { auditRpc } from './audit.ts';
import { dropDeadLetter, replayDeadLetter } from './change-dead-letter.ts';
import { followLogs } from './follow-logs.ts';
import { getRpcHistory } from './get-rpc-history.ts';
import { getStory } from './get-story.ts';
import { getTrace } from './get-trace.ts';
import { listContracts } from './list-contracts.ts';
import { listDeadLetters } from './list-dead-letters.ts';
import { listEvents } from './list-events.ts';
import { searchLogs } from './search-logs.ts';
import { searchTraces } from './search-traces.ts';
import { sessionRpc } from './session.ts';
import { tryCall } from './try-call.ts';
import { watchCalls } from './watch-calls.ts';
import { watchMap } from './watch-map.ts';
import { watchObjectives } from './watch-objectives.ts';
import { watchStreams } from './watch-streams.ts';
import { watchWorkload } from './watch-workload.ts';
import { watchWorkloads } from './watch-workloads.ts';

/** Everything that the page asks for. */
export const routes = (context: Context) => (router: ConnectRouter) => {
  router.service(SessionService, sessionRpc(context));
  router.service(MapService, { watchMap: watchMap(context) });
  router.service(WorkloadService, {
    watchWorkloads: watchWorkloads(context),
    watchWorkload: watchWorkload(context),
    getRpcHistory: getRpcHistory(context),
  });
  router.service(TraceService, {
    searchTraces: searchTraces(context),
    getTrace: getTrace(context),
    getStory: getStory(context),
    watchCalls: watchCalls(context),
  });
  router.service(StreamService, {
    watchStreams: watchStreams(context),
    listEvents: listEvents(context),
    listDeadLetters: listDeadLetters(context),
    replayDeadLetter: replayDeadLetter(context),
    dropDeadLetter: dropDeadLetter(context),
  });
  router.service(MeshAuditService, auditRpc(context));
  router.service(ContractService, { listContracts: listContracts(context), tryCall: tryCall(context) });
  router.service(ObjectiveService, { watchObjectives: watchObjectives(context) });
  router.service(LogService, { searchLogs: searchLogs(context), followLogs: followLogs(context) });
};
