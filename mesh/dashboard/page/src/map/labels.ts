import { BreakerState, type Edge, EdgeKind, EdgeSecurity, NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { count, milliseconds, percent, rate } from '../lib/format.ts';
import type { Text } from '../lib/language.tsx';

/** What the labels of edges show. */
export const LABELS = ['rate', 'p95', 'success', 'lag', 'none'] as const;
export type Label = (typeof LABELS)[number];

export const LABEL_NAMES: Readonly<Record<Label, Text>> = {
  rate: { en: 'Rate', id: 'Laju' },
  p95: { en: 'p95', id: 'p95' },
  success: { en: 'Success', id: 'Keberhasilan' },
  lag: { en: 'Lag and retries', id: 'Tunda dan ulang' },
  none: { en: 'No labels', id: 'Tanpa label' },
};

export function labelOf(edge: Edge, label: Label): string {
  const signals = edge.signals;
  if (label === 'lag') return troubleOf(edge);
  if (!signals || signals.calls === 0n || label === 'none') return '';
  if (label === 'rate') return rate(signals.rate);
  if (label === 'success') return edge.kind === EdgeKind.PUBLISH ? '' : percent(signals.successRatio);
  return edge.kind === EdgeKind.PUBLISH ? '' : milliseconds(signals.p95Ms);
}

/** What goes wrong on an edge besides failures, shortest words. */
function troubleOf({ kind, pending, lagSeconds, retries, timeouts, denials, breaker }: Edge): string {
  const parts = [
    kind === EdgeKind.CONSUME && pending > 0n && `${count(pending)} · ${milliseconds(lagSeconds * 1_000)}`,
    retries > 0n && `retries ${count(retries)}`,
    timeouts > 0n && `time-outs ${count(timeouts)}`,
    denials > 0n && `denied ${count(denials)}`,
    breaker === BreakerState.OPEN && 'breaker open',
    breaker === BreakerState.HALF_OPEN && 'breaker half-open',
  ];
  return parts.filter(Boolean).join(' · ');
}

export const KIND_NAMES: Readonly<Record<NodeKind, Text>> = {
  [NodeKind.UNSPECIFIED]: { en: 'Unknown', id: 'Tidak diketahui' },
  [NodeKind.CLIENT]: { en: 'Clients', id: 'Klien' },
  [NodeKind.GATEWAY]: { en: 'Edge', id: 'Gerbang' },
  [NodeKind.SERVICE]: { en: 'Service', id: 'Layanan' },
  [NodeKind.DATABASE]: { en: 'PostgreSQL', id: 'PostgreSQL' },
  [NodeKind.CACHE]: { en: 'Redis', id: 'Redis' },
  [NodeKind.STREAM]: { en: 'Stream', id: 'Aliran' },
  [NodeKind.PROVIDER]: { en: 'Provider', id: 'Penyedia' },
};

export const SECURITY_NAMES: Readonly<Record<EdgeSecurity, Text>> = {
  [EdgeSecurity.UNSPECIFIED]: { en: 'not seen yet', id: 'belum terlihat' },
  [EdgeSecurity.MTLS]: { en: 'mTLS, both ends known', id: 'mTLS, kedua ujung dikenal' },
  [EdgeSecurity.TLS]: { en: 'TLS, server known', id: 'TLS, server dikenal' },
  [EdgeSecurity.PLAINTEXT]: { en: 'not encrypted', id: 'tidak terenkripsi' },
};

export const BREAKER_NAMES: Readonly<Record<BreakerState, Text>> = {
  [BreakerState.UNSPECIFIED]: { en: 'none', id: 'tidak ada' },
  [BreakerState.CLOSED]: { en: 'closed', id: 'tertutup' },
  [BreakerState.HALF_OPEN]: { en: 'half-open', id: 'setengah terbuka' },
  [BreakerState.OPEN]: { en: 'open', id: 'terbuka' },
};
