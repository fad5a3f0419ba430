import { type ReactFlowState, useStoreApi, ViewportPortal } from '@xyflow/react';
import { type Ref, useImperativeHandle, useLayoutEffect, useMemo, useRef } from 'react';
import { useShownTheme } from '../lib/theme.ts';
import { covers, type Framing, framingOf, type View } from './framing.ts';
import type { Curve, Stroke } from './strokes.ts';

/** Pixels around a curve within which a click means it. */
const REACH = 10;

/** What stands at a place of the map. */
export interface Picked {
  /** The topmost of the curves at a place, in the map's own measure. */
  at(place: { x: number; y: number }): string | undefined;
}

type Sheet = OffscreenCanvasRenderingContext2D;

/**
 * Edges as one picture below the nodes: as elements of their own, hundreds would be drawn again one by one whenever the map moves. It is
 * part of what moves, so that a drag only shifts it until its margin is used up; a zoom draws it in the frame in which the nodes change.
 */
export function WaysCanvas({
  strokes,
  curves,
  ref,
}: {
  strokes: readonly Stroke[];
  curves: ReadonlyMap<string, Curve>;
  ref: Ref<Picked>;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<Framing>(undefined);
  const sheet = useMemo(() => new OffscreenCanvas(1, 1).getContext('2d') as Sheet, []);
  const store = useStoreApi();
  const theme = useShownTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme decides what the variables hold
  const colors = useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    return new Map(strokes.map(({ color }) => [color, style.getPropertyValue(color)]));
  }, [strokes, theme]);
  useLayoutEffect(() => {
    let frame = 0;
    const show = () => {
      frame = 0;
      const picture = canvas.current?.getContext('bitmaprenderer');
      if (!picture) return;
      drawn.current = framingOf(viewOf(store.getState()), drawn.current);
      lay(sheet, drawn.current);
      draw(sheet, strokes, colors);
      hang(picture, sheet.canvas, drawn.current);
    };
    frame = requestAnimationFrame(show);
    const unsubscribe = store.subscribe((state) => {
      if (!drawn.current || !covers(drawn.current, viewOf(state))) frame ||= requestAnimationFrame(show);
    });
    return () => {
      unsubscribe();
      cancelAnimationFrame(frame);
    };
  }, [store, sheet, strokes, colors]);
  useImperativeHandle(ref, () => ({
    at({ x, y }) {
      sheet.resetTransform();
      sheet.lineWidth = REACH / viewOf(store.getState()).zoom;
      return [...curves.values()].findLast(({ path }) => sheet.isPointInStroke(path, x, y))?.id;
    },
  }));
  return (
    <ViewportPortal>
      <div className="ways" aria-hidden="true">
        <canvas ref={canvas} />
      </div>
    </ViewportPortal>
  );
}

const viewOf = ({ transform: [x, y, zoom], width, height }: ReactFlowState): View => ({ x, y, zoom, width, height });

/** Makes the sheet as large as what is to be drawn, empty, and measured as the map is. */
function lay(sheet: Sheet, { x, y, zoom, width, height, margin }: Framing): void {
  const ratio = devicePixelRatio;
  sheet.canvas.width = Math.round((width + 2 * margin.x) * ratio);
  sheet.canvas.height = Math.round((height + 2 * margin.y) * ratio);
  sheet.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * (x + margin.x), ratio * (y + margin.y));
}

/** Hands the sheet over, and lays it on the map pixel on pixel. A canvas that is drawn on itself would be copied in every frame in which it moves. */
function hang(picture: ImageBitmapRenderingContext, sheet: OffscreenCanvas, { x, y, zoom, margin }: Framing): void {
  const canvas = picture.canvas as HTMLCanvasElement;
  if (canvas.width !== sheet.width) canvas.width = sheet.width;
  if (canvas.height !== sheet.height) canvas.height = sheet.height;
  picture.transferFromImageBitmap(sheet.transferToImageBitmap());
  const [left, top] = [-(x + margin.x) / zoom, -(y + margin.y) / zoom];
  canvas.style.transform = `translate(${left}px, ${top}px) scale(${1 / (zoom * devicePixelRatio)})`;
}

function draw(sheet: Sheet, strokes: readonly Stroke[], colors: ReadonlyMap<string, string>): void {
  for (const { color, width, alpha, dash, curves, points } of strokes) {
    sheet.globalAlpha = alpha;
    sheet.strokeStyle = colors.get(color) ?? '';
    sheet.fillStyle = sheet.strokeStyle;
    sheet.lineWidth = width;
    sheet.setLineDash([...dash]);
    // One by one: all in one path is slower, since everything that crosses is worked out.
    for (const curve of curves) sheet.stroke(curve);
    sheet.fill(points);
  }
}
