import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type GetStoryResponse, type StoryStep, TraceService } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { Link } from 'wouter';
import { clientOf } from '../lib/client.ts';
import { clock, localRpc, milliseconds } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useAnswer } from '../lib/live.tsx';
import { Json } from '../parts/json.tsx';
import { Empty, Shown, SourceNotices } from '../parts/state.tsx';
import { TraceTable } from './trace-search.tsx';

const client = clientOf(TraceService);
const TEXTS = {
  all: { en: 'All traces', id: 'Semua jejak' },
  reload: { en: 'Load again', id: 'Muat lagi' },
  title: { en: 'Story of an emergency', id: 'Kisah suatu darurat' },
  event: { en: 'event', id: 'peristiwa' },
  call: { en: 'call', id: 'panggilan' },
  trace: { en: 'trace', id: 'jejak' },
  none: { en: 'Nothing is held of this emergency', id: 'Tidak ada yang tersimpan tentang darurat ini' },
  hint: {
    en: 'Traces are held for an hour at most; events as long as their stream holds them.',
    id: 'Jejak disimpan paling lama satu jam; peristiwa selama alirannya menyimpannya.',
  },
};

/** From an emergency's id to everything that happened, in the order of time. */
export function StoryPage({ id }: { id: string }) {
  const t = useText();
  const answer = useAnswer(id, (signal) => client.getStory({ emergencyId: id }, { signal }));
  return (
    <>
      <p className="crumbs">
        <Link href="/traces">{t(TEXTS.all)}</Link> · <code>{id}</code> ·{' '}
        <button type="button" className="link" onClick={answer.reload}>
          {t(TEXTS.reload)}
        </button>
      </p>
      <h2>{t(TEXTS.title)}</h2>
      <Shown live={answer}>{(story) => <Story story={story} />}</Shown>
    </>
  );
}

function Story({ story: { steps, traces, sources } }: { story: GetStoryResponse }) {
  return (
    <>
      <SourceNotices sources={sources} />
      {steps.length === 0 && <Empty title={TEXTS.none} hint={TEXTS.hint} />}
      <ol className="story">
        {steps.map((step, index) => (
          <Step key={`${step.name}-${step.sincePressMs}-${index.toString()}`} step={step} />
        ))}
      </ol>
      {traces.length > 0 && <TraceTable rows={traces} />}
    </>
  );
}

function Step({ step }: { step: StoryStep }) {
  const t = useText();
  const event = step.contentJson !== '';
  return (
    <li className={step.fault ? 'fault' : event ? 'event' : ''}>
      <span className="since" title={step.time ? clock(timestampMs(step.time)) : ''}>
        +{milliseconds(step.sincePressMs) === '–' ? '0 ms' : milliseconds(step.sincePressMs)}
      </span>
      <div>
        <b>{localRpc(step.name)}</b> <span className="muted">{step.workload}</span>{' '}
        <span className="tag">{t(event ? TEXTS.event : TEXTS.call)}</span>
        {step.durationMs > 0 && <span className="muted"> {milliseconds(step.durationMs)}</span>}
        {step.traceId && (
          <>
            {' '}
            <Link href={`/traces/${step.traceId}`}>{t(TEXTS.trace)}</Link>
          </>
        )}
        {event && (
          <details>
            <summary>JSON</summary>
            <Json text={step.contentJson} />
          </details>
        )}
      </div>
    </li>
  );
}
