import type { ServiceImpl } from '@connectrpc/connect';
import type { MeshAuditService } from '@kreki/gen/kreki/mesh/v1/mesh_audit_service_pb.js';
import { journalRecord } from '@kreki/runtime/audit/journal';
import { recordRpc } from '@kreki/runtime/audit/rpc';
import type { Context } from '../context.ts';
import { streamsOf } from '../events/read.ts';

/** What people did to the mesh, as it lies in JetStream. */
export function auditRpc({ sources }: Context): ServiceImpl<typeof MeshAuditService> {
  const record = () => recordRpc(journalRecord(streamsOf(sources.bus)));
  return {
    listAuditEntries: (request) => record().listAuditEntries(request),
    checkAuditEntries: (request) => record().checkAuditEntries(request),
  };
}
