import { AuditEntrySchema } from '@kreki/gen/kreki/audit/v1/audit_pb.js';
import { listEntries, type StoredEntry } from '../audit/entries.ts';
import { entryMessage } from '../audit/rpc.ts';
import type { Database } from '../database/database.ts';
import { everyRow, json, type Section } from './holdings.ts';

/** What a service's audit log says of a person: what they did by privilege, and who looked at or changed what is theirs. */
export function auditSections(database: Database): Section[] {
  const entries = (query: { actorId?: string; subject?: string }) =>
    everyRow<StoredEntry, number>(
      (before, limit) => listEntries(database, { ...query, before, limit }),
      ({ sequence }) => sequence,
    );
  return [
    {
      name: 'audit.by_you',
      title: { id: 'Akses istimewa oleh Anda', en: 'Privileged access by you' },
      columns: ['audit_entries.actor_id'],
      async *read(userId) {
        for await (const entry of entries({ actorId: userId })) yield json(AuditEntrySchema, entryMessage(entry));
      },
    },
    {
      name: 'audit.about_you',
      title: { id: 'Akses istimewa ke data Anda', en: 'Privileged access to your data' },
      columns: ['audit_entries.subjects'],
      async *read(userId) {
        const subject = `people/${userId}`;
        for await (const { time, rpc, outcome, actorRole, peer, sequence } of entries({ subject })) {
          // Who it was is theirs, and so is whom else it was about.
          const told = { sequence, time, rpc, outcome, actorRole, peer, subjects: [subject] };
          yield json(AuditEntrySchema, entryMessage({ ...NOT_TOLD, ...told }));
        }
      },
    },
  ];
}

const NOT_TOLD = {
  actorId: null,
  sessionId: null,
  reason: '',
  clientAddress: '',
  requestId: '',
  traceId: '',
  omitted: 0,
  hash: Buffer.alloc(0),
};
