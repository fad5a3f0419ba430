import { timestampMs } from '@bufbuild/protobuf/wkt';
import { ConnectError } from '@connectrpc/connect';
import { type DeadLetter, StreamService } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import { useState } from 'react';
import { clientOf } from '../lib/client.ts';
import { clock } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useAnswer } from '../lib/live.tsx';
import { useParameter } from '../lib/url-state.ts';
import { TextField } from '../parts/field.tsx';
import { NextPage } from '../parts/next-page.tsx';
import { Empty, Shown } from '../parts/state.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { useMayChange } from '../shell/may-change.ts';
import { Confirm } from './confirm.tsx';
import { Content } from './stream-events.tsx';

const client = clientOf(StreamService);
const TEXTS = {
  caption: { en: 'What consumers gave up on, the oldest first', id: 'Yang ditinggalkan konsumen, yang terlama dahulu' },
  durable: { en: 'Consumer', id: 'Konsumen' },
  type: { en: 'Event', id: 'Peristiwa' },
  reason: { en: 'Reason', id: 'Alasan' },
  attempts: { en: 'Attempts', id: 'Percobaan' },
  died: { en: 'Given up', id: 'Ditinggalkan' },
  content: { en: 'Content', id: 'Isi' },
  actions: { en: 'Actions', id: 'Tindakan' },
  replay: { en: 'Replay', id: 'Putar ulang' },
  drop: { en: 'Drop', id: 'Buang' },
  askReplay: { en: 'Give this event to {durable} again?', id: 'Berikan lagi peristiwa ini kepada {durable}?' },
  askDrop: {
    en: 'Drop this event for good? {durable} will never handle it.',
    id: 'Buang peristiwa ini selamanya? {durable} tidak akan pernah menanganinya.',
  },
  denied: {
    en: 'Your role may not replay or drop (mesh:update).',
    id: 'Peran Anda tidak boleh memutar ulang atau membuang (mesh:update).',
  },
  none: { en: 'No dead letters', id: 'Tidak ada surat mati' },
  hint: { en: 'Every event was handled.', id: 'Semua peristiwa tertangani.' },
  older: { en: 'More', id: 'Lagi' },
};

/** Dead letters with their reasons; replayed or dropped after a question. */
export function DeadLetters({ total }: { total: bigint }) {
  const t = useText();
  const mayChange = useMayChange();
  const [durable, setDurable] = useParameter('durable');
  const [pageToken, setPageToken] = useState('');
  const [asked, setAsked] = useState<{ letter: DeadLetter; act: 'replay' | 'drop' }>();
  const [problem, setProblem] = useState('');
  const answer = useAnswer([durable, pageToken, total].join('|'), (signal) =>
    client.listDeadLetters({ durable, pageToken }, { signal }),
  );
  const act = async () => {
    if (!asked) return;
    const { seq } = asked.letter;
    try {
      await (asked.act === 'replay' ? client.replayDeadLetter({ seq }) : client.dropDeadLetter({ seq }));
      setProblem('');
      answer.reload();
    } catch (error) {
      setProblem(ConnectError.from(error).rawMessage);
    }
    setAsked(undefined);
  };
  const columns: Column<DeadLetter>[] = [
    { id: 'died', title: TEXTS.died, cell: ({ dieTime }) => <code>{dieTime ? clock(timestampMs(dieTime)) : ''}</code> },
    { id: 'durable', title: TEXTS.durable, cell: (letter) => <code>{letter.durable}</code> },
    { id: 'type', title: TEXTS.type, cell: ({ event }) => event?.type.split('.').pop() },
    { id: 'reason', title: TEXTS.reason, cell: ({ reason }) => reason },
    { id: 'attempts', title: TEXTS.attempts, numeric: true, cell: ({ attempts }) => attempts },
    { id: 'content', title: TEXTS.content, cell: ({ event }) => <Content json={event?.contentJson ?? ''} /> },
    {
      id: 'actions',
      title: TEXTS.actions,
      cell: (letter) => (
        <span className="actions">
          <button type="button" disabled={!mayChange} onClick={() => setAsked({ letter, act: 'replay' })}>
            {t(TEXTS.replay)}
          </button>
          <button type="button" disabled={!mayChange} onClick={() => setAsked({ letter, act: 'drop' })}>
            {t(TEXTS.drop)}
          </button>
        </span>
      ),
    },
  ];
  return (
    <>
      <div className="controls">
        <TextField label={t(TEXTS.durable)} value={durable} onChange={setDurable} width={240} />
        {!mayChange && <span className="note">{t(TEXTS.denied)}</span>}
      </div>
      {problem && (
        <p role="alert" className="ratio down">
          {problem}
        </p>
      )}
      <Shown live={answer}>
        {({ deadLetters, nextPageToken }) => (
          <>
            {deadLetters.length === 0 ? (
              <Empty title={TEXTS.none} hint={TEXTS.hint} />
            ) : (
              <Table caption={TEXTS.caption} columns={columns} rows={deadLetters} keyOf={({ seq }) => String(seq)} />
            )}
            <NextPage token={nextPageToken} title={TEXTS.older} onOpen={setPageToken} />
          </>
        )}
      </Shown>
      {asked && (
        <Confirm
          question={t(asked.act === 'replay' ? TEXTS.askReplay : TEXTS.askDrop, { durable: asked.letter.durable })}
          action={t(asked.act === 'replay' ? TEXTS.replay : TEXTS.drop)}
          onConfirm={() => void act()}
          onCancel={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
