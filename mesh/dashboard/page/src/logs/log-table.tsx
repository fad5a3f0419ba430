import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { LogRecord } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { Link } from 'wouter';
import { clock } from '../lib/format.ts';
import { type Text, useText } from '../lib/language.tsx';
import { type Column, Table } from '../parts/table.tsx';

const TEXTS = {
  time: { en: 'Time', id: 'Waktu' },
  workload: { en: 'Service', id: 'Layanan' },
  level: { en: 'Level', id: 'Tingkat' },
  message: { en: 'Message', id: 'Pesan' },
  trace: { en: 'Trace', id: 'Jejak' },
  open: { en: 'open', id: 'buka' },
};

const CLASSES: Readonly<Record<string, string>> = { warn: 'ratio degraded', error: 'ratio down', fatal: 'ratio down' };

export function LogTable({ caption, records }: { caption: Text; records: readonly LogRecord[] }) {
  const t = useText();
  const columns: Column<LogRecord>[] = [
    { id: 'time', title: TEXTS.time, cell: ({ time }) => <code>{time ? clock(timestampMs(time)) : ''}</code> },
    { id: 'workload', title: TEXTS.workload, cell: ({ workload }) => workload },
    { id: 'level', title: TEXTS.level, cell: ({ level }) => <span className={CLASSES[level] ?? ''}>{level}</span> },
    { id: 'message', title: TEXTS.message, cell: (record) => <Message record={record} /> },
    {
      id: 'trace',
      title: TEXTS.trace,
      cell: ({ traceId }) => (traceId ? <Link href={`/traces/${traceId}`}>{t(TEXTS.open)}</Link> : '–'),
    },
  ];
  return <Table caption={caption} columns={columns} rows={records} keyOf={({ seq }) => String(seq)} />;
}

/** The message, with what was logged beside it behind a click. */
function Message({ record: { message, attributes } }: { record: LogRecord }) {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return message;
  return (
    <details>
      <summary>{message}</summary>
      <dl className="attributes">
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
