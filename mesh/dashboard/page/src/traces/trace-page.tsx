import { type GetTraceResponse, type Span, SpanKind, TraceService } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { clientOf } from '../lib/client.ts';
import { localRpc, milliseconds } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useAnswer } from '../lib/live.tsx';
import { useParameter } from '../lib/url-state.ts';
import { LogTable } from '../logs/log-table.tsx';
import { Shown } from '../parts/state.tsx';
import { extentOf, waterfall } from './tree.ts';

const client = clientOf(TraceService);
const TEXTS = {
  all: { en: 'All traces', id: 'Semua jejak' },
  reload: { en: 'Load again', id: 'Muat lagi' },
  story: { en: 'The whole story of the emergency', id: 'Kisah lengkap darurat ini' },
  waterfall: { en: 'Spans', id: 'Rentang' },
  logs: { en: 'Log records of this trace', id: 'Catatan log jejak ini' },
  attributes: { en: 'Attributes', id: 'Atribut' },
  links: { en: 'Follows from', id: 'Lanjutan dari' },
  whole: { en: '{spans} spans in {length}', id: '{spans} rentang dalam {length}' },
};

/** One trace as a waterfall, with its log records. */
export function TracePage({ id }: { id: string }) {
  const t = useText();
  const answer = useAnswer(id, (signal) => client.getTrace({ traceId: id }, { signal }));
  return (
    <>
      <p className="crumbs">
        <Link href="/traces">{t(TEXTS.all)}</Link> · <code>{id}</code> ·{' '}
        <button type="button" className="link" onClick={answer.reload}>
          {t(TEXTS.reload)}
        </button>
      </p>
      <Shown live={answer}>{(trace) => <Trace trace={trace} />}</Shown>
    </>
  );
}

function Trace({ trace }: { trace: GetTraceResponse }) {
  const t = useText();
  const [chosen, setChosen] = useParameter('span');
  const rows = useMemo(() => waterfall(trace.spans), [trace.spans]);
  const { startMs, lengthMs } = extentOf(rows);
  const emergency = trace.spans.map(({ attributes }) => attributes['kreki.emergency.id']).find(Boolean);
  const span = trace.spans.find(({ spanId }) => spanId === chosen);
  return (
    <>
      <h2>{localRpc(trace.summary?.name ?? '')}</h2>
      <p className="note">
        {t(TEXTS.whole, { spans: rows.length, length: milliseconds(lengthMs) })}
        {emergency && (
          <>
            {' · '}
            <Link href={`/traces/story/${emergency}`}>{t(TEXTS.story)}</Link>
          </>
        )}
      </p>
      <ol className="waterfall" aria-label={t(TEXTS.waterfall)}>
        {rows.map(({ span: each, depth, startMs: beginMs }) => (
          <li key={each.spanId}>
            <button
              type="button"
              aria-pressed={each.spanId === chosen}
              className={each.fault ? 'fault' : ''}
              onClick={() => setChosen(each.spanId === chosen ? '' : each.spanId)}
            >
              <span className="what" style={{ paddingLeft: `${Math.min(depth, 12) * 14}px` }}>
                <b className={`workload w${hueOf(each.workload)}`}>{each.workload}</b> {localRpc(each.name)}
              </span>
              <span className="when">
                <span
                  className={`bar w${hueOf(each.workload)}`}
                  style={{
                    marginLeft: `${((beginMs - startMs) / lengthMs) * 100}%`,
                    width: `max(2px, ${(each.durationMs / lengthMs) * 100}%)`,
                  }}
                />
              </span>
              <span className="long">{milliseconds(each.durationMs)}</span>
            </button>
            {each === span && <SpanDetails span={each} />}
          </li>
        ))}
      </ol>
      {trace.logs.length > 0 && <LogTable caption={TEXTS.logs} records={trace.logs} />}
    </>
  );
}

function SpanDetails({ span }: { span: Span }) {
  const t = useText();
  const all: [string, string][] = [
    ['kind', SpanKind[span.kind].toLowerCase()],
    ...(span.code ? [['code', span.code] as [string, string]] : []),
    ...Object.entries(span.attributes).sort(([a], [b]) => (a < b ? -1 : 1)),
  ];
  return (
    <dl className="attributes" aria-label={t(TEXTS.attributes)}>
      {all.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <code>{value}</code>
          </dd>
        </div>
      ))}
      {span.linkedTraceIds.map((id) => (
        <div key={id}>
          <dt>{t(TEXTS.links)}</dt>
          <dd>
            <Link href={`/traces/${id}`}>
              <code>{id}</code>
            </Link>
          </dd>
        </div>
      ))}
    </dl>
  );
}

const HUES = 6;

/** One of a few colours for a workload, always the same. */
function hueOf(workload: string): number {
  return [...workload].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % HUES;
}
