import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type Event, StreamService } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import { useState } from 'react';
import { Link } from 'wouter';
import { clientOf } from '../lib/client.ts';
import { bytes, clock } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useAnswer } from '../lib/live.tsx';
import { useParameter } from '../lib/url-state.ts';
import { TextField } from '../parts/field.tsx';
import { Json } from '../parts/json.tsx';
import { NextPage } from '../parts/next-page.tsx';
import { Shown } from '../parts/state.tsx';
import { type Column, Table } from '../parts/table.tsx';

const client = clientOf(StreamService);
const TEXTS = {
  caption: {
    en: 'Events, the newest first; personal data is masked',
    id: 'Peristiwa, yang terbaru dahulu; data pribadi disamarkan',
  },
  type: { en: 'Type', id: 'Jenis' },
  aggregate: { en: 'About (id)', id: 'Tentang (id)' },
  time: { en: 'Time', id: 'Waktu' },
  content: { en: 'Content', id: 'Isi' },
  size: { en: 'Size', id: 'Ukuran' },
  trace: { en: 'Trace', id: 'Jejak' },
  open: { en: 'open', id: 'buka' },
  reload: { en: 'Load again', id: 'Muat lagi' },
  older: { en: 'Older', id: 'Lebih lama' },
  unknown: { en: 'its contract is not known here', id: 'kontraknya tidak dikenal di sini' },
};

/** The events of one stream, decoded. */
export function StreamEvents({ stream }: { stream: string }) {
  const t = useText();
  const [type, setType] = useParameter('type');
  const [aggregateId, setAggregateId] = useParameter('about');
  const [pageToken, setPageToken] = useState('');
  const answer = useAnswer([stream, type, aggregateId, pageToken].join('|'), (signal) =>
    client.listEvents({ stream, type, aggregateId, pageToken }, { signal }),
  );
  const columns: Column<Event>[] = [
    { id: 'seq', title: { en: '#', id: '#' }, numeric: true, cell: ({ seq }) => String(seq) },
    { id: 'time', title: TEXTS.time, cell: ({ time }) => <code>{time ? clock(timestampMs(time)) : ''}</code> },
    { id: 'type', title: TEXTS.type, cell: (event) => event.type.split('.').pop() },
    {
      id: 'about',
      title: TEXTS.aggregate,
      cell: (event) => (
        <button
          type="button"
          className="link"
          title={event.aggregateId}
          onClick={() => setAggregateId(event.aggregateId)}
        >
          <code>{event.aggregateId.slice(0, 13)}…</code>
        </button>
      ),
    },
    {
      id: 'content',
      title: TEXTS.content,
      cell: ({ contentJson }) => (contentJson ? <Content json={contentJson} /> : t(TEXTS.unknown)),
    },
    { id: 'size', title: TEXTS.size, numeric: true, cell: ({ size }) => bytes(size) },
    {
      id: 'trace',
      title: TEXTS.trace,
      cell: ({ traceId }) => (traceId ? <Link href={`/traces/${traceId}`}>{t(TEXTS.open)}</Link> : '–'),
    },
  ];
  return (
    <section className="panel">
      <h3>{stream}</h3>
      <div className="controls">
        <TextField label={t(TEXTS.type)} value={type} onChange={setType} width={280} />
        <TextField label={t(TEXTS.aggregate)} value={aggregateId} onChange={setAggregateId} width={300} />
        <button type="button" onClick={answer.reload}>
          {t(TEXTS.reload)}
        </button>
      </div>
      <Shown live={answer}>
        {({ events, nextPageToken }) => (
          <>
            <Table caption={TEXTS.caption} columns={columns} rows={events} keyOf={({ seq }) => String(seq)} />
            <NextPage token={nextPageToken} title={TEXTS.older} onOpen={setPageToken} />
          </>
        )}
      </Shown>
    </section>
  );
}

export function Content({ json }: { json: string }) {
  return (
    <details>
      <summary>
        <code>{json.length > 60 ? `${json.slice(0, 60)}…` : json}</code>
      </summary>
      <Json text={json} />
    </details>
  );
}
