import type { GoldenSignals } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { outcomeOf } from '../../mesh/dashboard/signals/golden.ts';
import { percentile } from '../load/percentiles.ts';
import type { Counted } from './tally.ts';

/** One figure as it was counted and as it is shown. */
export interface Row {
  readonly rpc: string;
  readonly figure: string;
  readonly counted: number;
  readonly shown: number;
  readonly held: boolean;
}

const TOLERANCE = 0.01;
/** With fewer calls one call more or less is another percentile. */
const CALLS_FOR_PERCENTILE = 200;

/** Rate, errors and 95th percentile of one RPC; its codes too where they are shown. */
export function compare(
  rpc: string,
  { durationsMs, codes }: Counted,
  shown: GoldenSignals | undefined,
  shownCodes: Record<string, bigint> | undefined,
  lengthMs: number,
): Row[] {
  const row = (figure: string, counted: number, seen: number): Row => {
    return { rpc, figure, counted, shown: seen, held: Math.abs(seen - counted) <= TOLERANCE * counted };
  };
  const of = (wanted: 'refusal' | 'fault') =>
    Object.entries(codes).reduce((sum, [code, count]) => sum + (outcomeOf(code) === wanted ? count : 0), 0);
  const rows = [
    row('calls a second', (durationsMs.length * 1_000) / lengthMs, shown?.rate ?? 0),
    row('refusals', of('refusal'), Number(shown?.refusals ?? 0)),
    row('faults', of('fault'), Number(shown?.faults ?? 0)),
  ];
  if (shownCodes) {
    for (const code of new Set([...Object.keys(codes), ...Object.keys(shownCodes)]))
      rows.push(row(code, codes[code] ?? 0, Number(shownCodes[code] ?? 0)));
  }
  if (durationsMs.length >= CALLS_FOR_PERCENTILE)
    rows.push(row('p95 in ms', percentile(durationsMs, 95) ?? 0, shown?.p95Ms ?? 0));
  return rows;
}
