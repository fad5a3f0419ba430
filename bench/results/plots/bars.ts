import { number } from '../words.ts';
import { colour, element, line, picture, text, ticks, WIDTH } from './svg.ts';

export interface Bar {
  readonly name: string;
  readonly floor: boolean;
  /** What it is made of, from the left; one part when it is not divided. */
  readonly parts: readonly { readonly name: string; readonly value: number }[];
  /** From the lowest round to the highest. */
  readonly range?: readonly [lowest: number, highest: number];
}

const LEFT = 170;
const RIGHT = 90;
const TOP = 52;
const ROW = 34;
const THICK = 20;
const KEY_COLUMNS = 8;
const KEY_ROW = 20;

/** Bars that lie, each with its sum at its end; parts are told apart by the key below. */
export function barsPlot(title: string, subtitle: string, bars: readonly Bar[]): string {
  const sums = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const marks = ticks(Math.max(...sums, ...bars.map(({ range }) => range?.[1] ?? 0)));
  const x = (value: number) => LEFT + (value / (marks.at(-1) ?? 1)) * (WIDTH - LEFT - RIGHT);
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const divided = names.length > 1;
  const bottom = TOP + bars.length * ROW;
  const drawn = [
    ...marks.flatMap((mark) => [
      line(x(mark), TOP - 4, x(mark), bottom, { class: 'grid' }),
      text(x(mark), bottom + 17, number(mark, mark < 10 ? 2 : 0), { class: 'quiet', 'text-anchor': 'middle' }),
    ]),
    ...bars.flatMap((bar, row) => {
      const y = TOP + row * ROW + (ROW - THICK) / 2;
      let from = 0;
      const parts = bar.parts.map(({ name, value }) => {
        const at = x(from);
        from += value;
        const fill = divided ? { fill: fillOf(name, names) } : bar.floor ? { class: 'floor' } : { fill: colour(0) };
        return element('rect', { x: at, y, width: x(from) - at, height: THICK, ...fill });
      });
      const [lowest = 0, highest = 0] = bar.range ?? [];
      const whisker = bar.range
        ? [line(x(lowest), y + THICK / 2, x(highest), y + THICK / 2, { class: 'whisker' })]
        : [];
      const end = Math.max(x(from), x(highest)) + 8;
      const sum = sums[row] ?? 0;
      return [
        text(LEFT - 10, y + 15, bar.name, { 'text-anchor': 'end' }),
        ...parts,
        ...whisker,
        text(end, y + 15, number(sum, sum < 10 ? 2 : 0)),
      ];
    }),
    ...(divided ? key(names, bottom + 42) : []),
  ];
  return picture(
    title,
    subtitle,
    bottom + (divided ? 36 + KEY_ROW * Math.ceil(names.length / KEY_COLUMNS) : 28),
    drawn,
  );
}

/** Processes in their order, so that each has one place and one colour in every picture. */
export const PROCESSES = ['gateway', 'emergency', 'volunteer', 'notification', 'auth', 'postgres', 'nats', 'redis'];
export const OTHERS = 'others';
const GREY = '#8c959f';

function fillOf(name: string, names: readonly string[]): string {
  if (name === OTHERS) return GREY;
  const known = PROCESSES.indexOf(name);
  if (known >= 0) return colour(known);
  const unknown = names.filter((each) => !PROCESSES.includes(each) && each !== OTHERS);
  return colour((unknown.length < names.length ? PROCESSES.length : 0) + unknown.indexOf(name));
}

/** Which colour is whose. */
function key(names: readonly string[], top: number): string[] {
  const step = Math.min(150, WIDTH / Math.min(names.length, KEY_COLUMNS));
  return names.flatMap((name, index) => {
    const [x, y] = [(index % KEY_COLUMNS) * step, top + Math.floor(index / KEY_COLUMNS) * KEY_ROW];
    return [
      element('rect', { x, y: y - 10, width: 11, height: 11, fill: fillOf(name, names) }),
      text(x + 17, y, name, { class: 'quiet' }),
    ];
  });
}
