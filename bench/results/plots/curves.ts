import { number } from '../words.ts';
import { labels } from './labels.ts';
import { colour, element, line, picture, text, WIDTH } from './svg.ts';

export interface Curve {
  readonly name: string;
  readonly floor: boolean;
  readonly points: readonly (readonly [percentile: number, ms: number])[];
}

const LEFT = 86;
const RIGHT = 170;
const TOP = 56;
const HEIGHT = 240;
const SHOWN = [50, 90, 99, 99.9];
/** Beyond it the curve is a matter of single calls. */
const LAST = 99.9;

/** Each next nine is as far as the one before: the slowest calls are what the picture is about. */
const nines = (percentile: number): number => -Math.log10(1 - percentile / 100);

/** Milliseconds by percentile, both on logarithmic scales. */
export function curvesPlot(title: string, subtitle: string, curves: readonly Curve[], limitMs?: number): string {
  const shown = curves.map((curve) => ({
    ...curve,
    points: curve.points.filter(([percentile, ms]) => percentile >= 50 && percentile <= LAST && ms > 0),
  }));
  const all = [...shown.flatMap(({ points }) => points.map(([, ms]) => ms)), ...(limitMs ? [limitMs] : [])];
  const [low, high] = [Math.floor(Math.log10(Math.min(...all))), Math.ceil(Math.log10(Math.max(...all)))];
  const right = WIDTH - RIGHT;
  const x = (percentile: number) =>
    LEFT + ((nines(percentile) - nines(50)) / (nines(LAST) - nines(50))) * (right - LEFT);
  const y = (ms: number) => TOP + HEIGHT * (1 - (Math.log10(ms) - low) / Math.max(1, high - low));
  const decades = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const ends = shown.flatMap(({ name, floor, points }, index) => {
    const last = points.at(-1);
    return last ? [{ name, floor, index, at: y(last[1]) }] : [];
  });
  const drawn = [
    ...decades.flatMap((ms) => [
      line(LEFT, y(ms), right, y(ms), { class: 'grid' }),
      text(LEFT - 8, y(ms) + 4, `${number(ms, ms < 1 ? 2 : 0)} ms`, { class: 'quiet', 'text-anchor': 'end' }),
    ]),
    ...SHOWN.flatMap((percentile) => [
      line(x(percentile), TOP, x(percentile), TOP + HEIGHT, { class: 'grid' }),
      text(x(percentile), TOP + HEIGHT + 18, `p${percentile}`, { class: 'quiet', 'text-anchor': 'middle' }),
    ]),
    ...(limitMs
      ? [
          line(LEFT, y(limitMs), right, y(limitMs), { class: 'target' }),
          text(LEFT + 6, y(limitMs) - 6, `target: p99 < ${number(limitMs, 0)} ms`, { class: 'quiet' }),
        ]
      : []),
    ...shown.map(({ points, floor }, index) =>
      element('polyline', {
        points: points.map(([percentile, ms]) => `${x(percentile).toFixed(1)},${y(ms).toFixed(1)}`).join(' '),
        fill: 'none',
        'stroke-width': 2.5,
        'stroke-linejoin': 'round',
        ...(floor ? { class: 'floor-line' } : { stroke: colour(index) }),
      }),
    ),
    ...labels(ends).map(({ name, floor, index, at }) =>
      text(right + 8, at + 4, name, floor ? { class: 'quiet' } : { style: `fill: ${colour(index)}` }),
    ),
  ];
  return picture(title, subtitle, TOP + HEIGHT + 30, drawn);
}
