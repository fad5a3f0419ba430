import { durationFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { TraceService, type TraceSummary } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { clientOf } from '../lib/client.ts';
import { clock, localRpc, milliseconds } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useAnswer } from '../lib/live.tsx';
import { useRange } from '../lib/range.ts';
import { useParameter } from '../lib/url-state.ts';
import { ChoiceField, TextField } from '../parts/field.tsx';
import { Empty, Shown } from '../parts/state.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { CODES } from './codes.ts';

const client = clientOf(TraceService);
const TEXTS = {
  caption: { en: 'Traces, the newest first', id: 'Jejak, yang terbaru dahulu' },
  workload: { en: 'Service', id: 'Layanan' },
  operation: { en: 'RPC, event or statement', id: 'RPC, peristiwa, atau pernyataan' },
  anyCode: { en: 'Any outcome', id: 'Hasil apa pun' },
  faults: { en: 'Any fault', id: 'Kegagalan apa pun' },
  least: { en: 'At least … ms', id: 'Paling sedikit … ms' },
  attribute: { en: 'attribute=value', id: 'atribut=nilai' },
  search: { en: 'Search again', id: 'Cari lagi' },
  more: { en: 'Older', id: 'Lebih lama' },
  time: { en: 'Begin', id: 'Mulai' },
  name: { en: 'Begins with', id: 'Berawal dari' },
  duration: { en: 'Duration', id: 'Durasi' },
  spans: { en: 'Spans', id: 'Rentang' },
  services: { en: 'Services', id: 'Layanan' },
  code: { en: 'Code', id: 'Kode' },
  story: { en: 'Story of an emergency (its id)', id: 'Kisah suatu darurat (id-nya)' },
  tell: { en: 'Tell', id: 'Ceritakan' },
  none: { en: 'No trace matches', id: 'Tidak ada jejak yang cocok' },
  hint: {
    en: 'Try a longer time range or fewer conditions.',
    id: 'Coba rentang waktu lebih panjang atau syarat lebih sedikit.',
  },
};

/** The search; every condition is in the address. */
export function TraceSearch() {
  const t = useText();
  const { range, length, endMs } = useRange();
  const [workload, setWorkload] = useParameter('workload');
  const [operation, setOperation] = useParameter('operation');
  const [code, setCode] = useParameter('code');
  const [least, setLeast] = useParameter('min');
  const [attribute, setAttribute] = useParameter('attribute');
  const [pages, setPages] = useState<string[]>(['']);
  const pageToken = pages.at(-1) ?? '';
  const answer = useAnswer(
    [length, endMs, workload, operation, code, least, attribute, pageToken].join('|'),
    (signal) =>
      client.searchTraces(
        {
          range,
          workload,
          operation,
          code,
          attribute,
          pageToken,
          pageSize: 30,
          ...(Number(least) > 0 && { minDuration: durationFromMs(Number(least)) }),
        },
        { signal },
      ),
  );
  return (
    <>
      <div className="controls">
        <TextField label={t(TEXTS.workload)} value={workload} onChange={setWorkload} width={130} />
        <TextField label={t(TEXTS.operation)} value={operation} onChange={setOperation} width={230} />
        <ChoiceField
          label={t(TEXTS.code)}
          value={code}
          onChange={setCode}
          options={[['', t(TEXTS.anyCode)], ['fault', t(TEXTS.faults)], ...CODES.map((each) => [each, each] as const)]}
        />
        <TextField label={t(TEXTS.least)} value={least} onChange={setLeast} width={140} />
        <TextField label={t(TEXTS.attribute)} value={attribute} onChange={setAttribute} width={200} />
        <button type="button" onClick={answer.reload}>
          {t(TEXTS.search)}
        </button>
        <StoryForm />
      </div>
      <Shown live={answer}>
        {({ traces, nextPageToken }) => (
          <>
            {traces.length === 0 ? <Empty title={TEXTS.none} hint={TEXTS.hint} /> : <TraceTable rows={traces} />}
            {nextPageToken && (
              <button type="button" onClick={() => setPages([...pages, nextPageToken])}>
                {t(TEXTS.more)}
              </button>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

export function TraceTable({ rows }: { rows: readonly TraceSummary[] }) {
  const columns: Column<TraceSummary>[] = [
    {
      id: 'time',
      title: TEXTS.time,
      cell: ({ startTime }) => <code>{startTime ? clock(timestampMs(startTime)) : ''}</code>,
    },
    {
      id: 'name',
      title: TEXTS.name,
      cell: ({ traceId, name, workload }) => (
        <>
          <Link href={`/traces/${traceId}`}>{localRpc(name)}</Link> <span className="muted">{workload}</span>
        </>
      ),
    },
    {
      id: 'duration',
      title: TEXTS.duration,
      numeric: true,
      value: ({ durationMs }) => durationMs,
      cell: ({ durationMs }) => milliseconds(durationMs),
    },
    { id: 'spans', title: TEXTS.spans, numeric: true, value: ({ spans }) => spans, cell: ({ spans }) => spans },
    { id: 'services', title: TEXTS.services, cell: ({ workloads }) => workloads.join(', ') },
    {
      id: 'code',
      title: TEXTS.code,
      cell: ({ code, faults }) => (
        <code className={faults ? 'ratio down' : ''}>{code || (faults ? 'fault' : 'ok')}</code>
      ),
    },
  ];
  return <Table caption={TEXTS.caption} columns={columns} rows={rows} keyOf={({ traceId }) => traceId} />;
}

function StoryForm() {
  const t = useText();
  const [, navigate] = useLocation();
  const tell = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const id = String(new FormData(event.currentTarget).get('id')).trim();
    if (id) navigate(`/traces/story/${id}`);
  };
  return (
    <form className="inline" onSubmit={tell}>
      <input name="id" aria-label={t(TEXTS.story)} placeholder={t(TEXTS.story)} size={30} />
      <button type="submit">{t(TEXTS.tell)}</button>
    </form>
  );
}
