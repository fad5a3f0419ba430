import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock } from '../lib/format.ts';

export interface Line {
  readonly label: string;
  /** Custom property of the theme, such as `--blue`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

/**
 * Lines over time. The chart is a picture to those who see it; `summary` says in words what it shows, for those who do not.
 * @param times milliseconds since 1970
 */
export function Chart({
  times,
  lines,
  summary,
  height = 180,
  format = String,
}: {
  times: readonly number[];
  lines: readonly Line[];
  summary: string;
  height?: number;
  format?: (value: number) => string;
}) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const labels = lines.map(({ label }) => label).join('\n');
  const data = [times.map((time) => time / 1_000), ...lines.map(({ values }) => values)] as uPlot.AlignedData;
  const latest = useRef({ data, lines, format });
  latest.current = { data, lines, format };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the chart is built anew for other lines, and fed otherwise
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const styles = getComputedStyle(element);
    const axis = {
      stroke: styles.getPropertyValue('--muted'),
      grid: { stroke: styles.getPropertyValue('--line'), width: 1 },
    };
    const tickText = (tick: number) => (tick === 0 ? '0' : latest.current.format(tick));
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: latest.current.lines.length > 1 },
        cursor: { points: { size: 6 } },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map((tick) => clock(tick * 1_000, false)) },
          { ...axis, size: 64, values: (_, ticks) => ticks.map(tickText) },
        ],
        series: [
          { value: (_: uPlot, time: number | null) => (time === null ? '–' : clock(time * 1_000, false)) },
          ...latest.current.lines.map(({ label, colour }) => ({
            label,
            stroke: styles.getPropertyValue(colour),
            width: 1.6,
            points: { show: true, size: 5, filter: lonely },
            value: (_: uPlot, value: number | null) => (value === null ? '–' : latest.current.format(value)),
          })),
        ],
      },
      latest.current.data,
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [labels, height, document.documentElement.dataset.theme]);

  useEffect(() => plot.current?.setData(data));
  return <div ref={host} className="chart" role="img" aria-label={summary} />;
}

/** Values with none before and none after, which no line would show. */
function lonely({ data }: uPlot, series: number): number[] {
  const values = data[series] ?? [];
  const missing = (index: number) => (values[index] ?? null) === null;
  return [...values.keys()].filter((index) => !missing(index) && missing(index - 1) && missing(index + 1));
}

/** A small line without axes, for a table's cell. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const [width, height] = [96, 22];
  const most = Math.max(...values, 1e-9);
  const points = values.map((value, index) => {
    const x = (index / Math.max(values.length - 1, 1)) * width;
    return `${x.toFixed(1)},${(height - 1 - (value / most) * (height - 2)).toFixed(1)}`;
  });
  return (
    <svg className="sparkline" role="img" aria-label={label} width={width} height={height}>
      <polyline points={points.join(' ')} fill="none" />
    </svg>
  );
}
