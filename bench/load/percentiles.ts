/** Nearest-rank percentiles of measured times; undefined where nothing was measured. */
export function percentile(values: readonly number[], p: number): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)];
}

/** `p50 12 ms   p95 40 ms   p99 71 ms   max 90 ms   n 1,200` */
export function spread(values: readonly number[]): string {
  const said = (p: number) => `${(percentile(values, p) ?? Number.NaN).toFixed(0)} ms`.padStart(9);
  const parts = [50, 95, 99, 100].map((p) => `${p === 100 ? 'max' : `p${p}`}${said(p)}`);
  return `${parts.join('   ')}   n ${values.length.toLocaleString('en')}`;
}
