/** Pictures as text. They follow the reader's light or dark, as far as whoever shows them does. */

type Attributes = Readonly<Record<string, string | number>>;

export const WIDTH = 760;

/** Colours by index, told apart also by those who see few, on light and on dark. */
export const COLOURS = [
  '#2f6fde',
  '#d9622b',
  '#2a9d5c',
  '#a04fc4',
  '#c2912a',
  '#1d9db0',
  '#d64580',
  '#7a8a2f',
  '#5b5fc7',
  '#9c6b4e',
  '#1f3f66',
  '#e08e9a',
] as const;
export const colour = (index: number): string => COLOURS[index % COLOURS.length] ?? COLOURS[0];

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #656d76; font-size: 12px }
  .grid { stroke: #d8dee4; stroke-width: 1 }
  .whisker { stroke: #24292f; stroke-width: 1.5 }
  .target { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 5 4 }
  .floor { fill: #8c959f }
  .floor-line { stroke: #8c959f }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #30363d } .whisker { stroke: #e6edf3 }
  }`;

export function picture(title: string, subtitle: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    text(0, 16, title, { class: 'title' }),
    text(0, 35, subtitle, { class: 'quiet' }),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

export const element = (name: string, attributes: Attributes): string => `<${name} ${written(attributes)}/>`;

export const text = (x: number, y: number, content: string, attributes: Attributes = {}): string =>
  `<text ${written({ x, y, ...attributes })}>${escaped(content)}</text>`;

export const line = (x1: number, y1: number, x2: number, y2: number, attributes: Attributes): string =>
  element('line', { x1, y1, x2, y2, ...attributes });

const written = (attributes: Attributes): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}="${typeof value === 'number' ? Number(value.toFixed(1)) : escaped(value)}"`)
    .join(' ');

export const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Round numbers from 0 to at least `highest`, four or five of them. */
export function ticks(highest: number): number[] {
  if (!(highest > 0)) return [0, 1];
  const rough = highest / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) => index * step);
}
