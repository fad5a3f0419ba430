import { gateway, type ServiceName, type ServiceNode, services } from '../topology.ts';

/** The mesh as an SVG picture: who calls whom, which events go where, what is stored, all from the topology. */
export function picture(): string {
  const names = Object.keys(services) as ServiceName[];
  const boxes = new Map<string, Box>();
  const middle = MARGIN + ((names.length - 1) * ROW) / 2;
  boxes.set('app', { x: COLUMN.app, y: middle, title: 'HELP 119', lines: ['phones, browsers,', 'services outside'] });
  boxes.set('gateway', {
    x: COLUMN.gateway,
    y: middle,
    title: 'gateway',
    lines: [`:${gateway.httpPort} Connect, gRPC-Web, REST`, `:${gateway.h2cPort} gRPC, Connect (h2c)`],
  });
  names.forEach((name, row) => {
    boxes.set(name, { x: COLUMN.service, y: MARGIN + row * ROW, title: name, lines: describe(services[name]) });
  });
  boxes.set('jetstream', {
    x: COLUMN.stream,
    y: middle,
    title: 'NATS JetStream',
    lines: ['one stream a domain,', 'protobuf, at least once'],
  });
  const edges = [arrow(boxes, 'app', 'gateway', 'call'), ...names.flatMap((name) => edgesOf(boxes, name))];
  const height = MARGIN * 2 + (names.length - 1) * ROW + LEGEND;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="The KREKI mesh">`,
    STYLE,
    ...edges,
    ...[...boxes.values()].map(boxSvg),
    legend(height),
    '</svg>',
    '',
  ].join('\n');
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly title: string;
  readonly lines: readonly string[];
}

const WIDTH = 1180;
const MARGIN = 70;
const ROW = 120;
const LEGEND = 30;
const BOX = { width: 224, height: 84 };
const COLUMN = { app: 120, gateway: 400, service: 730, stream: 1050 };

const STYLE = `<style>
text { font: 13px system-ui, sans-serif; fill: #1f2933; text-anchor: middle }
.title { font-weight: 600; font-size: 15px }
.box { fill: #fff; stroke: #52606d; stroke-width: 1.2 }
.tier1 { stroke: #c81e1e; stroke-width: 2.4 }
.call { stroke: #3b6fb6; fill: none; stroke-width: 1.6 }
.event { stroke: #b7791f; fill: none; stroke-width: 1.6; stroke-dasharray: 6 4 }
.ground { fill: #f7f9fb }
</style>
<defs>
<marker id="call" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#3b6fb6"/></marker>
<marker id="event" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#b7791f"/></marker>
</defs>
<rect class="ground" width="100%" height="100%" rx="12"/>`;

function describe(node: ServiceNode): string[] {
  const stores = [
    ...(node.stores.postgres ? [node.stores.postgres.extensions.includes('postgis') ? 'PostGIS' : 'PostgreSQL'] : []),
    ...(node.stores.redis ? ['Redis'] : []),
  ];
  const providers = node.providers ? [node.providers.join(', ')] : [];
  return [[`tier ${node.tier}`, ...stores].join(' · '), ...providers];
}

const calledBy = (node: ServiceNode) => Object.keys(node.calls) as ServiceName[];

/** The gateway's call, the service's own calls, and its events. */
function edgesOf(boxes: ReadonlyMap<string, Box>, name: ServiceName): string[] {
  const node = services[name];
  return [
    arrow(boxes, 'gateway', name, 'call'),
    ...calledBy(node).map((called, index) => bow(boxes, name, called, index)),
    ...(node.publishes ? [arrow(boxes, name, 'jetstream', 'event', -10)] : []),
    ...(node.consumes.length > 0 ? [arrow(boxes, 'jetstream', name, 'event', 10)] : []),
  ];
}

function boxOf(boxes: ReadonlyMap<string, Box>, name: string): Box {
  const box = boxes.get(name);
  if (!box) throw new Error(`the picture has no ${name}`);
  return box;
}

/** A straight line from side to side, `shift` pixels below the middle. */
function arrow(boxes: ReadonlyMap<string, Box>, from: string, to: string, kind: 'call' | 'event', shift = 0): string {
  const [start, end] = [boxOf(boxes, from), boxOf(boxes, to)];
  const half = (Math.sign(end.x - start.x) * BOX.width) / 2;
  const line = `M${start.x + half} ${start.y + shift} L${end.x - half} ${end.y + shift}`;
  return `<path class="${kind}" marker-end="url(#${kind})" d="${line}"/>`;
}

/** A bow at the left of the services' column, from one service to another. */
function bow(boxes: ReadonlyMap<string, Box>, from: string, to: string, index: number): string {
  const [start, end] = [boxOf(boxes, from), boxOf(boxes, to)];
  const left = start.x - BOX.width / 2;
  const up = Math.sign(end.y - start.y);
  const out = left - 30 - 14 * index - Math.abs(end.y - start.y) / 8;
  const line = `M${left} ${start.y + up * 20} C${out} ${start.y + up * 40} ${out} ${end.y - up * 40} ${left} ${end.y - up * 22}`;
  return `<path class="call" marker-end="url(#call)" d="${line}"/>`;
}

function boxSvg({ x, y, title, lines }: Box): string {
  const tier = lines[0]?.startsWith('tier 1') ? ' tier1' : '';
  const top = y - BOX.height / 2;
  const texts = lines.map((line, index) => `<text x="${x}" y="${top + 50 + index * 18}">${line}</text>`);
  return [
    `<rect class="box${tier}" x="${x - BOX.width / 2}" y="${top}" width="${BOX.width}" height="${BOX.height}" rx="8"/>`,
    `<text class="title" x="${x}" y="${top + 26}">${title}</text>`,
    ...texts,
  ].join('');
}

function legend(height: number): string {
  const y = height - 24;
  return [
    `<path class="call" marker-end="url(#call)" d="M40 ${y} h44"/><text x="142" y="${y + 4}">gRPC call</text>`,
    `<path class="event" marker-end="url(#event)" d="M200 ${y} h44"/><text x="290" y="${y + 4}">events</text>`,
    `<rect class="box tier1" x="340" y="${y - 10}" width="34" height="20" rx="4"/><text x="470" y="${y + 4}">tier 1: stays up at any cost</text>`,
  ].join('\n');
}
