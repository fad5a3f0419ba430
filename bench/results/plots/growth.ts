import type { WorkloadResult } from '../../harness/sample.ts';
import { figureOf, type Summary } from '../../harness/statistics.ts';
import { number, wordingOf } from '../words.ts';
import { labels } from './labels.ts';
import { colour, element, line, picture, text, ticks, WIDTH } from './svg.ts';

const LEFT = 70;
const RIGHT = 130;
const TOP = 56;
const HEIGHT = 220;

/** Figures that are drawn, by the end of the file's name. */
const DRAWN = { throughput: 'perSecond', cpu: 'cpuMicros' } as const;

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, summary: Summary])[];
}

/** A picture of each figure on each plot of the subjects that lie on curves. */
export function growthPlots({ name, subjects }: WorkloadResult): Map<string, string> {
  const pictures = new Map<string, string>();
  const placed = subjects.flatMap(({ point, ...subject }) => (point ? [{ ...subject, point }] : []));
  for (const [plot, of] of Map.groupBy(placed, ({ point }) => point.plot)) {
    for (const [kind, figure] of Object.entries(DRAWN)) {
      const lines = [...Map.groupBy(of, ({ point }) => point.curve)].map(([curve, those]): Line => {
        const points = those.flatMap((subject) => {
          const summary = figureOf(subject, figure);
          return summary ? [[subject.point.x, summary] as const] : [];
        });
        return { name: curve, points: points.toSorted(([one], [other]) => one - other) };
      });
      if (lines.every(({ points }) => points.length === 0)) continue;
      const { title, unit } = wordingOf(figure);
      pictures.set(`${name}-${plot}-${kind}.svg`, growthPlot(`${plot}: ${title} as volunteers grow`, unit, lines));
    }
  }
  return pictures;
}

/** Over volunteers, these on a logarithmic scale; whiskers from the lowest round to the highest. */
function growthPlot(title: string, unit: string, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points);
  const xs = [...new Set(all.map(([x]) => x))].toSorted((one, other) => one - other);
  const [first = 1, last = 1] = [xs[0], xs.at(-1)];
  const marks = ticks(Math.max(...all.map(([, { highest }]) => highest)));
  const right = WIDTH - RIGHT;
  const span = Math.log(last / first) || 1;
  const x = (value: number) => LEFT + 20 + (Math.log(value / first) / span) * (right - LEFT - 40);
  const y = (value: number) => TOP + HEIGHT * (1 - value / (marks.at(-1) ?? 1));
  const ends = lines.flatMap(({ name, points }, index) => {
    const end = points.at(-1);
    return end ? [{ name, index, at: y(end[1].median) }] : [];
  });
  return picture(title, `${unit}; middle of the rounds, and from the lowest to the highest`, TOP + HEIGHT + 44, [
    ...marks.flatMap((mark) => [
      line(LEFT, y(mark), right, y(mark), { class: 'grid' }),
      text(LEFT - 8, y(mark) + 4, number(mark, 0), { class: 'quiet', 'text-anchor': 'end' }),
    ]),
    ...xs.map((value) =>
      text(x(value), TOP + HEIGHT + 18, number(value, 0), { class: 'quiet', 'text-anchor': 'middle' }),
    ),
    text((LEFT + right) / 2, TOP + HEIGHT + 36, 'volunteers', { class: 'quiet', 'text-anchor': 'middle' }),
    ...lines.flatMap(({ points }, index) => {
      const stroke = colour(index);
      const path = points.map(([at, { median }]) => `${x(at).toFixed(1)},${y(median).toFixed(1)}`).join(' ');
      return [
        element('polyline', { points: path, fill: 'none', stroke, 'stroke-width': 2.5, 'stroke-linejoin': 'round' }),
        ...points.map(([at, { lowest, highest }]) => line(x(at), y(lowest), x(at), y(highest), { stroke })),
        ...points.map(([at, { median }]) => element('circle', { cx: x(at), cy: y(median), r: 3.5, fill: stroke })),
      ];
    }),
    ...labels(ends).map(({ name, index, at }) => text(right + 4, at + 4, name, { style: `fill: ${colour(index)}` })),
  ]);
}
