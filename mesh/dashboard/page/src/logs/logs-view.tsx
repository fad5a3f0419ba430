import { type FollowLogsResponse, LogService } from '@kreki/gen/kreki/mesh/v1/log_service_pb.js';
import type { LogRecord } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { useState } from 'react';
import { clientOf } from '../lib/client.ts';
import { useText } from '../lib/language.tsx';
import { useAnswer, useStream } from '../lib/live.tsx';
import { useRange } from '../lib/range.ts';
import { useParameter } from '../lib/url-state.ts';
import { ChoiceField, TextField } from '../parts/field.tsx';
import { Empty, Shown } from '../parts/state.tsx';
import { LogTable } from './log-table.tsx';

const client = clientOf(LogService);
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
const SHOWN_MAX = 300;
const TEXTS = {
  caption: { en: 'Log records, the newest first', id: 'Catatan log, yang terbaru dahulu' },
  workload: { en: 'Service', id: 'Layanan' },
  level: { en: 'Level', id: 'Tingkat' },
  anyLevel: { en: 'Any level', id: 'Tingkat apa pun' },
  orGraver: { en: '{level} and graver', id: '{level} dan lebih berat' },
  text: { en: 'Text', id: 'Teks' },
  trace: { en: 'Trace id', id: 'Id jejak' },
  follow: { en: 'Follow', id: 'Ikuti' },
  more: { en: 'Older', id: 'Lebih lama' },
  none: { en: 'No log record matches', id: 'Tidak ada catatan log yang cocok' },
  hint: { en: 'Processes send what they log at info and above.', id: 'Proses mengirim log tingkat info ke atas.' },
};

interface Filter {
  readonly workload: string;
  readonly level: string;
  readonly text: string;
  readonly traceId: string;
}

export default function LogsView() {
  const t = useText();
  const [workload, setWorkload] = useParameter('workload');
  const [level, setLevel] = useParameter('level');
  const [text, setText] = useParameter('text');
  const [traceId, setTraceId] = useParameter('trace');
  const [follow, setFollow] = useParameter('follow', '1');
  const filter: Filter = { workload, level, text, traceId };
  return (
    <>
      <div className="controls">
        <TextField label={t(TEXTS.workload)} value={workload} onChange={setWorkload} width={140} />
        <ChoiceField
          label={t(TEXTS.level)}
          value={level}
          onChange={setLevel}
          options={[
            ['', t(TEXTS.anyLevel)],
            ...LEVELS.map((each) => [each, t(TEXTS.orGraver, { level: each })] as const),
          ]}
        />
        <TextField label={t(TEXTS.text)} value={text} onChange={setText} width={220} />
        <TextField label={t(TEXTS.trace)} value={traceId} onChange={setTraceId} width={280} />
        <label className="switch">
          <input
            type="checkbox"
            checked={follow === '1'}
            onChange={(event) => setFollow(event.target.checked ? '1' : '0')}
          />
          {t(TEXTS.follow)}
        </label>
      </div>
      <Found key={JSON.stringify(filter)} filter={filter} follow={follow === '1'} />
    </>
  );
}

/** What was logged until now, page by page, and above it what comes. */
function Found({ filter, follow }: { filter: Filter; follow: boolean }) {
  const t = useText();
  const { range, length, endMs } = useRange();
  const [older, setOlder] = useState<readonly LogRecord[]>([]);
  const [next, setNext] = useState<string | undefined>(undefined);
  const answer = useAnswer(`${length}|${endMs}`, (signal) => client.searchLogs({ filter, range }, { signal }));
  const tail = useStream<FollowLogsResponse, readonly LogRecord[]>(
    String(follow),
    (signal) => (follow ? client.followLogs({ filter }, { signal }) : nothing(signal)),
    (before = [], { records }) => [...records.toReversed(), ...before].slice(0, SHOWN_MAX),
  );
  const more = async (pageToken: string) => {
    const page = await client.searchLogs({ filter, range, pageToken });
    setOlder([...older, ...page.records]);
    setNext(page.nextPageToken);
  };
  return (
    <Shown live={answer}>
      {({ records, nextPageToken }) => {
        const fresh = tail.value ?? [];
        const known = new Set(records.map(({ seq }) => seq));
        const all = [...fresh.filter(({ seq }) => !known.has(seq)), ...records, ...older];
        const token = next ?? nextPageToken;
        return (
          <>
            {all.length === 0 ? (
              <Empty title={TEXTS.none} hint={TEXTS.hint} />
            ) : (
              <LogTable caption={TEXTS.caption} records={all} />
            )}
            {token && (
              <button type="button" onClick={() => void more(token)}>
                {t(TEXTS.more)}
              </button>
            )}
          </>
        );
      }}
    </Shown>
  );
}

/** A stream that says nothing until it is left. */
async function* nothing(signal: AbortSignal): AsyncGenerator<FollowLogsResponse> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
