import { NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { type Workload, WorkloadService } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { Link, useSearch } from 'wouter';
import { clientOf } from '../lib/client.ts';
import { count, milliseconds, rate } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useStream } from '../lib/live.tsx';
import { useRange } from '../lib/range.ts';
import { KIND_NAMES } from '../map/labels.ts';
import { Sparkline } from '../parts/chart.tsx';
import { HealthBadge, Success } from '../parts/health.tsx';
import { Shown, SourceNotices } from '../parts/state.tsx';
import { type Column, Table } from '../parts/table.tsx';

const client = clientOf(WorkloadService);
const TEXTS = {
  caption: { en: 'Services by their golden signals', id: 'Layanan menurut sinyal emasnya' },
  name: { en: 'Service', id: 'Layanan' },
  kind: { en: 'Kind', id: 'Jenis' },
  tier: { en: 'Tier', id: 'Tier' },
  health: { en: 'Health', id: 'Kesehatan' },
  success: { en: 'Success', id: 'Keberhasilan' },
  rate: { en: 'Rate', id: 'Laju' },
  overTime: { en: 'Over time', id: 'Sepanjang waktu' },
  instances: { en: 'Instances', id: 'Instans' },
  outbox: { en: 'Outbox', id: 'Kotak keluar' },
  chart: { en: 'Rate of {name} over time', id: 'Laju {name} sepanjang waktu' },
};

/** Every service in a table; below 95 % success it is degraded, below 90 % down. */
export function ServiceTable() {
  const t = useText();
  const search = useSearch();
  const { range, length, endMs } = useRange();
  const live = useStream(`${length}|${endMs}`, (signal) => client.watchWorkloads({ range }, { signal }));
  const columns: Column<Workload>[] = [
    {
      id: 'name',
      title: TEXTS.name,
      value: ({ name }) => name,
      cell: ({ name }) => <Link href={`/services/${name}${search ? `?${search}` : ''}`}>{name}</Link>,
    },
    { id: 'kind', title: TEXTS.kind, value: ({ kind }) => NodeKind[kind], cell: ({ kind }) => t(KIND_NAMES[kind]) },
    { id: 'tier', title: TEXTS.tier, numeric: true, value: ({ tier }) => tier, cell: ({ tier }) => tier || '–' },
    {
      id: 'health',
      title: TEXTS.health,
      value: ({ health }) => health,
      cell: ({ health, healthReason }) => <HealthBadge health={health} reason={healthReason} />,
    },
    {
      id: 'success',
      title: TEXTS.success,
      numeric: true,
      value: ({ signals }) => signals?.successRatio ?? 1,
      cell: ({ signals }) => <Success ratio={signals?.successRatio ?? 1} calls={signals?.calls ?? 0n} />,
    },
    {
      id: 'rate',
      title: TEXTS.rate,
      numeric: true,
      value: ({ signals }) => signals?.rate ?? 0,
      cell: ({ signals }) => rate(signals?.rate ?? 0),
    },
    {
      id: 'chart',
      title: TEXTS.overTime,
      cell: ({ rates, name }) => <Sparkline values={rates} label={t(TEXTS.chart, { name })} />,
    },
    ...(['p50', 'p95', 'p99'] as const).map(
      (quantile): Column<Workload> => ({
        id: quantile,
        title: { en: quantile, id: quantile },
        numeric: true,
        value: ({ signals }) => signals?.[`${quantile}Ms`] ?? 0,
        cell: ({ signals }) => milliseconds(signals?.[`${quantile}Ms`] ?? 0),
      }),
    ),
    {
      id: 'instances',
      title: TEXTS.instances,
      numeric: true,
      value: ({ instances }) => instances,
      cell: ({ instances }) => instances || '–',
    },
    {
      id: 'outbox',
      title: TEXTS.outbox,
      numeric: true,
      value: ({ outboxDepth }) => outboxDepth,
      cell: ({ outboxDepth, outboxAgeSeconds }) =>
        outboxDepth === 0n ? '–' : `${count(outboxDepth)} · ${milliseconds(outboxAgeSeconds * 1_000)}`,
    },
  ];
  return (
    <Shown live={live}>
      {({ workloads, sources }) => (
        <>
          <SourceNotices sources={sources} />
          <Table
            caption={TEXTS.caption}
            columns={columns}
            rows={workloads}
            keyOf={({ name }) => name}
            presetSort="tier"
          />
        </>
      )}
    </Shown>
  );
}
