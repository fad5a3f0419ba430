import { timestampMs } from '@bufbuild/protobuf/wkt';
import { StreamService, type StreamState } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import { clientOf } from '../lib/client.ts';
import { bytes, clock, count, rate } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useStream } from '../lib/live.tsx';
import { useParameter } from '../lib/url-state.ts';
import { Shown, SourceNotices } from '../parts/state.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { ConsumerTable } from '../services/tables.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { AuditRecord } from './record.tsx';
import { StreamEvents } from './stream-events.tsx';

const client = clientOf(StreamService);
const TEXTS = {
  streams: { en: 'Streams', id: 'Aliran' },
  name: { en: 'Stream', id: 'Aliran' },
  subjects: { en: 'Subjects', id: 'Subjek' },
  messages: { en: 'Messages', id: 'Pesan' },
  bytes: { en: 'Bytes', id: 'Bita' },
  of: { en: '{used} of {limit}', id: '{used} dari {limit}' },
  rate: { en: 'Rate', id: 'Laju' },
  last: { en: 'Last', id: 'Terakhir' },
  flow: { en: 'Streams and consumers', id: 'Aliran dan konsumen' },
  dead: { en: 'Dead letters ({count})', id: 'Surat mati ({count})' },
  record: { en: 'Audit log', id: 'Log audit' },
};

/** JetStream: streams and consumers, the events of the stream that is chosen, and the dead letters. */
export default function EventsView() {
  const t = useText();
  const [show, setShow] = useParameter('show');
  const [stream, setStream] = useParameter('stream');
  const live = useStream('streams', (signal) => client.watchStreams({}, { signal }));
  const columns: Column<StreamState>[] = [
    {
      id: 'name',
      title: TEXTS.name,
      value: ({ name }) => name,
      cell: ({ name }) => (
        <button
          type="button"
          className="link"
          aria-pressed={name === stream}
          onClick={() => setStream(name === stream ? '' : name)}
        >
          {name}
        </button>
      ),
    },
    { id: 'subjects', title: TEXTS.subjects, cell: ({ subjects }) => <code>{subjects.join(', ')}</code> },
    {
      id: 'messages',
      title: TEXTS.messages,
      numeric: true,
      value: ({ messages }) => messages,
      cell: ({ messages }) => count(messages),
    },
    {
      id: 'bytes',
      title: TEXTS.bytes,
      numeric: true,
      value: (row) => row.bytes,
      cell: (row) =>
        row.maxBytes ? t(TEXTS.of, { used: bytes(row.bytes), limit: bytes(row.maxBytes) }) : bytes(row.bytes),
    },
    { id: 'rate', title: TEXTS.rate, numeric: true, value: (row) => row.rate, cell: (row) => rate(row.rate) },
    {
      id: 'last',
      title: TEXTS.last,
      cell: ({ lastTime }) => <code>{lastTime ? clock(timestampMs(lastTime)) : '–'}</code>,
    },
  ];
  return (
    <Shown live={live}>
      {({ streams, consumers, deadLetters, sources }) => (
        <>
          <SourceNotices sources={sources} />
          <div className="tabs">
            <button type="button" aria-pressed={!show} onClick={() => setShow('')}>
              {t(TEXTS.flow)}
            </button>
            <button type="button" aria-pressed={show === 'dead'} onClick={() => setShow('dead')}>
              {t(TEXTS.dead, { count: count(deadLetters) })}
            </button>
            <button type="button" aria-pressed={show === 'record'} onClick={() => setShow('record')}>
              {t(TEXTS.record)}
            </button>
          </div>
          {show === 'dead' && <DeadLetters total={deadLetters} />}
          {show === 'record' && <AuditRecord />}
          {!show && (
            <>
              <Table
                caption={TEXTS.streams}
                columns={columns}
                rows={streams}
                keyOf={({ name }) => name}
                presetSort="name"
              />
              {stream && <StreamEvents stream={stream} />}
              <ConsumerTable rows={consumers} />
            </>
          )}
        </>
      )}
    </Shown>
  );
}
