import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import type {
  AuditEntrySchema,
  CheckAuditEntriesRequest,
  CheckAuditEntriesResponseSchema,
  ListAuditEntriesRequest,
  ListAuditEntriesResponseSchema,
} from '@kreki/gen/kreki/audit/v1/audit_pb.js';
import type { Database } from '../database/database.ts';
import { fail } from '../errors.ts';
import { decodePageToken, encodePageToken, pageSize } from '../paging.ts';
import { databaseRecord, type Record, type StoredEntry } from './entries.ts';

const PAGE = { default: 100, max: 500 };
const CHECK_MAX = 10_000;

interface Keyset {
  readonly before: number;
}

/** Answers the audit service of any domain over the record in its own database. */
export const auditRpc = (database: Database) => recordRpc(databaseRecord(database));

/** Answers an audit service over any record. */
export const recordRpc = (record: Record) => ({
  async listAuditEntries(
    request: ListAuditEntriesRequest,
  ): Promise<MessageInitShape<typeof ListAuditEntriesResponseSchema>> {
    const size = pageSize(request.pageSize, PAGE.default, PAGE.max);
    const rows = await record.list({
      actorId: request.actorId || undefined,
      subject: request.subject || undefined,
      rpc: request.rpc || undefined,
      start: dateOf(request.startTime),
      end: dateOf(request.endTime),
      before: decodePageToken<Keyset>(request.pageToken, ({ before }) => Number.isSafeInteger(before))?.before,
      limit: size + 1,
    });
    const page = rows.slice(0, size);
    const last = rows.length > size ? page.at(-1) : undefined;
    return {
      entries: page.map(entryMessage),
      nextPageToken: last ? encodePageToken({ before: last.sequence } satisfies Keyset) : '',
    };
  },

  async checkAuditEntries({
    startSequence,
  }: CheckAuditEntriesRequest): Promise<MessageInitShape<typeof CheckAuditEntriesResponseSchema>> {
    if (startSequence > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw fail(Code.InvalidArgument, 'BAD_SEQUENCE', 'start_sequence is beyond any entry', {
        field: 'startSequence',
      });
    }
    const newest = await record.newest();
    const { checked, last, broken } = await record.check(Number(startSequence), CHECK_MAX);
    return {
      checked: BigInt(checked),
      brokenSequence: BigInt(broken ?? 0),
      // The last one checked is where the next check begins: the link to it is checked with what follows.
      nextSequence: BigInt(last !== null && newest && last < newest.sequence ? last : 0),
      ...(newest && { newest: entryMessage(newest) }),
    };
  },
});

export const entryMessage = (entry: StoredEntry): MessageInitShape<typeof AuditEntrySchema> => ({
  sequence: BigInt(entry.sequence),
  time: timestampFromDate(entry.time),
  actorId: entry.actorId ?? '',
  actorRole: entry.actorRole,
  sessionId: entry.sessionId ?? '',
  peer: entry.peer,
  rpc: entry.rpc,
  subjects: [...entry.subjects],
  outcome: entry.outcome,
  reason: entry.reason,
  clientAddress: entry.clientAddress,
  requestId: entry.requestId,
  traceId: entry.traceId,
  omitted: entry.omitted,
  hash: entry.hash,
});

const dateOf = (time: Timestamp | undefined): Date | undefined => time && timestampDate(time);
