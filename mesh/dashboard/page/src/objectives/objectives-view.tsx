import { durationMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { type Alert, type Objective, ObjectiveService } from '@kreki/gen/kreki/mesh/v1/objective_service_pb.js';
import { clientOf } from '../lib/client.ts';
import { clock, count, percent } from '../lib/format.ts';
import { useLanguage, useText } from '../lib/language.tsx';
import { useStream } from '../lib/live.tsx';
import { Sparkline } from '../parts/chart.tsx';
import { Shown, SourceNotices } from '../parts/state.tsx';
import { type Column, Table } from '../parts/table.tsx';

const client = clientOf(ObjectiveService);
const TEXTS = {
  target: { en: 'target {target}', id: 'sasaran {target}' },
  nothing: { en: 'nothing counted yet', id: 'belum ada yang dihitung' },
  counted: { en: '{good} of {total} within 30 days', id: '{good} dari {total} dalam 30 hari' },
  budget: { en: 'Error budget left', id: 'Sisa anggaran galat' },
  spent: { en: 'spent', id: 'habis' },
  burn: { en: 'Burn rate', id: 'Laju pemakaian' },
  hour: { en: 'Share that was good, last hour', id: 'Bagian yang baik, satu jam terakhir' },
  alerts: { en: 'Alerts', id: 'Peringatan' },
  noAlerts: { en: 'No budget is spent too fast', id: 'Tidak ada anggaran yang terpakai terlalu cepat' },
  webhook: { en: 'Alerts go to a webhook.', id: 'Peringatan dikirim ke webhook.' },
  noWebhook: {
    en: 'No webhook is set (ALERT_WEBHOOK): alerts are shown here only.',
    id: 'Webhook tidak diatur (ALERT_WEBHOOK): peringatan hanya ditampilkan di sini.',
  },
  severity: { en: 'Severity', id: 'Tingkat' },
  page: { en: 'act now', id: 'bertindak sekarang' },
  ticket: { en: 'act within days', id: 'bertindak dalam beberapa hari' },
  message: { en: 'What', id: 'Apa' },
  since: { en: 'Since', id: 'Sejak' },
  until: { en: 'Until', id: 'Sampai' },
  goesOn: { en: 'goes on', id: 'berlangsung' },
  told: { en: 'Told', id: 'Diberitahukan' },
};

/** KREKI's service levels: what was promised, what was kept, and how fast the rest is spent. */
export default function ObjectivesView() {
  const t = useText();
  const live = useStream('objectives', (signal) => client.watchObjectives({}, { signal }));
  return (
    <Shown live={live}>
      {({ objectives, alerts, webhook, sources }) => (
        <>
          <SourceNotices sources={sources} />
          <div className="cards">
            {objectives.map((objective) => (
              <Card key={objective.id} objective={objective} />
            ))}
          </div>
          <Alerts alerts={alerts} />
          <p className="note">{t(webhook ? TEXTS.webhook : TEXTS.noWebhook)}</p>
        </>
      )}
    </Shown>
  );
}

/** `5 min`, `6 h`, `3 d`. */
function windowText(ms: number): string {
  if (ms < 3_600_000) return `${ms / 60_000} min`;
  return ms < 86_400_000 ? `${ms / 3_600_000} h` : `${ms / 86_400_000} d`;
}

function Card({ objective }: { objective: Objective }) {
  const t = useText();
  const { language } = useLanguage();
  const { target, total, good, ratio, budgetLeft, burnRates, history } = objective;
  const state = total === 0n ? 'unspecified' : budgetLeft <= 0 ? 'down' : budgetLeft < 0.25 ? 'degraded' : 'serving';
  const left = Math.max(0, Math.min(1, budgetLeft));
  return (
    <article className={`card ${state}`}>
      <h2>{language === 'id' ? objective.titleId : objective.title}</h2>
      <p>
        <b className={`ratio ${state}`}>{total === 0n ? '–' : percent(ratio)}</b>{' '}
        <span className="muted">{t(TEXTS.target, { target: percent(target) })}</span>
      </p>
      <p className="note">
        {total === 0n ? t(TEXTS.nothing) : t(TEXTS.counted, { good: count(good), total: count(total) })}
      </p>
      <label>
        {t(TEXTS.budget)}: {total === 0n ? '–' : budgetLeft <= 0 ? t(TEXTS.spent) : percent(left)}
        <progress max={1} value={total === 0n ? 1 : left} />
      </label>
      <dl className="burn" aria-label={t(TEXTS.burn)}>
        {burnRates.map(({ window, rate }) => (
          <div key={String(window ? durationMs(window) : 0)}>
            <dt>{window ? windowText(durationMs(window)) : ''}</dt>
            <dd className={rate > 14.4 ? 'ratio down' : rate > 1 ? 'ratio degraded' : ''}>{rate.toFixed(1)}×</dd>
          </div>
        ))}
      </dl>
      <Sparkline
        values={history.map(({ total: all, good: kept }) => (all ? Number(kept) / Number(all) : 1))}
        label={t(TEXTS.hour)}
      />
      <p className="note source">
        <code>{objective.source}</code>
      </p>
    </article>
  );
}

function Alerts({ alerts }: { alerts: readonly Alert[] }) {
  const t = useText();
  const columns: Column<Alert>[] = [
    {
      id: 'severity',
      title: TEXTS.severity,
      cell: ({ severity, endTime }) => (
        <span className={endTime ? 'muted' : `ratio ${severity === 'page' ? 'down' : 'degraded'}`}>
          {t(severity === 'page' ? TEXTS.page : TEXTS.ticket)}
        </span>
      ),
    },
    { id: 'message', title: TEXTS.message, cell: ({ message }) => message },
    {
      id: 'since',
      title: TEXTS.since,
      cell: ({ startTime }) => <code>{startTime ? clock(timestampMs(startTime), false) : ''}</code>,
    },
    {
      id: 'until',
      title: TEXTS.until,
      cell: ({ endTime }) => (endTime ? <code>{clock(timestampMs(endTime), false)}</code> : t(TEXTS.goesOn)),
    },
    { id: 'told', title: TEXTS.told, cell: ({ delivered }) => (delivered === undefined ? '–' : delivered ? '✓' : '✗') },
  ];
  return (
    <Table
      caption={TEXTS.alerts}
      columns={columns}
      rows={alerts}
      keyOf={({ id, startTime }) => `${id}-${startTime?.seconds}`}
      empty={TEXTS.noAlerts}
    />
  );
}
