import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { AuditEntry } from '@kreki/gen/kreki/audit/v1/audit_pb.js';
import { MeshAuditService } from '@kreki/gen/kreki/mesh/v1/mesh_audit_service_pb.js';
import { useState } from 'react';
import { clientOf } from '../lib/client.ts';
import { day } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useAnswer } from '../lib/live.tsx';
import { NextPage } from '../parts/next-page.tsx';
import { Shown } from '../parts/state.tsx';
import { type Column, Table } from '../parts/table.tsx';

const client = clientOf(MeshAuditService);
const TEXTS = {
  caption: {
    en: 'Who replayed or dropped what, the newest first',
    id: 'Siapa memutar ulang atau membuang apa, yang terbaru dahulu',
  },
  sequence: { en: '#', id: '#' },
  time: { en: 'Time', id: 'Waktu' },
  actor: { en: 'Who', id: 'Siapa' },
  from: { en: 'From', id: 'Dari' },
  act: { en: 'Act', id: 'Tindakan' },
  subjects: { en: 'On what', id: 'Terhadap apa' },
  outcome: { en: 'Outcome', id: 'Hasil' },
  none: { en: 'Nothing was replayed or dropped yet', id: 'Belum ada yang diputar ulang atau dibuang' },
  older: { en: 'Older', id: 'Lebih lama' },
  intact: { en: 'The record is intact: {count} entries checked', id: 'Catatan utuh: {count} entri diperiksa' },
  broken: { en: 'The record was changed at entry {place}', id: 'Catatan diubah pada entri {place}' },
};

const COLUMNS: Column<AuditEntry>[] = [
  { id: 'sequence', title: TEXTS.sequence, numeric: true, cell: ({ sequence }) => String(sequence) },
  { id: 'time', title: TEXTS.time, cell: ({ time }) => <code>{time ? day(timestampMs(time)) : ''}</code> },
  {
    id: 'actor',
    title: TEXTS.actor,
    cell: ({ actorId, actorRole }) => (
      <>
        {actorRole} {actorId && <code>{actorId}</code>}
      </>
    ),
  },
  { id: 'from', title: TEXTS.from, cell: ({ clientAddress }) => <code>{clientAddress}</code> },
  { id: 'act', title: TEXTS.act, cell: ({ rpc }) => rpc.split('/').pop() },
  { id: 'subjects', title: TEXTS.subjects, cell: ({ subjects }) => <code>{subjects.join(' ')}</code> },
  { id: 'outcome', title: TEXTS.outcome, cell: ({ outcome, reason }) => `${outcome} ${reason}` },
];

/** Acts on dead letters as they were put on record, and whether the record is as it was written. */
export function AuditRecord() {
  const t = useText();
  const [pageToken, setPageToken] = useState('');
  const answer = useAnswer(pageToken, (signal) => client.listAuditEntries({ pageToken }, { signal }));
  const check = useAnswer('check', (signal) => client.checkAuditEntries({}, { signal }));
  return (
    <Shown live={answer}>
      {({ entries, nextPageToken }) => (
        <>
          {check.value && (
            <p className="note" role="status">
              {check.value.brokenSequence
                ? t(TEXTS.broken, { place: String(check.value.brokenSequence) })
                : t(TEXTS.intact, { count: String(check.value.checked) })}
            </p>
          )}
          <Table
            caption={TEXTS.caption}
            columns={COLUMNS}
            rows={entries}
            keyOf={({ sequence }) => String(sequence)}
            empty={TEXTS.none}
          />
          <NextPage token={nextPageToken} title={TEXTS.older} onOpen={setPageToken} />
        </>
      )}
    </Shown>
  );
}
