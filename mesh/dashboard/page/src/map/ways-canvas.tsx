import { useStore } from '@xyflow/react';
import { type Ref, useImperativeHandle, useLayoutEffect, useMemo, useRef } from 'react';
import { useShownTheme } from '../lib/theme.ts';
import type { Curve, Stroke } from './strokes.ts';

/** Pixels around a curve within which a click means it. */
const REACH = 10;

/** What stands at a place of the map. */
export interface Picked {
  /** The topmost of the curves at a place, in the map's own measure. */
  at(place: { x: number; y: number }): string | undefined;
}

/**
 * Edges as one picture below the nodes: as elements of their own, hundreds would be drawn again one by one whenever the map moves. Drawn
 * once a frame, in the same frame as the nodes move.
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
  const [x, y, zoom] = useStore(({ transform }) => transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const theme = useShownTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme decides what the variables hold
  const colors = useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    return new Map(strokes.map(({ color }) => [color, style.getPropertyValue(color)]));
  }, [strokes, theme]);
  useLayoutEffect(() => {
    const frame = requestAnimationFrame(() => {
      const context = canvas.current?.getContext('2d');
      if (!context) return;
      const ratio = devicePixelRatio;
      size(context.canvas, Math.round(width * ratio), Math.round(height * ratio));
      context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * x, ratio * y);
      draw(context, strokes, colors);
    });
    return () => cancelAnimationFrame(frame);
  }, [strokes, colors, x, y, zoom, width, height]);
  useImperativeHandle(ref, () => ({
    at(place) {
      const context = canvas.current?.getContext('2d');
      if (!context) return undefined;
      context.resetTransform();
      context.lineWidth = REACH / zoom;
      return [...curves.values()].findLast(({ path }) => context.isPointInStroke(path, place.x, place.y))?.id;
    },
  }));
  return (
    <div className="ways" aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  );
}

/** Sets the size, which also clears. */
function size(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

function draw(context: CanvasRenderingContext2D, strokes: readonly Stroke[], colors: ReadonlyMap<string, string>) {
  context.save();
  context.resetTransform();
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.restore();
  for (const { color, width, alpha, dash, curves, points } of strokes) {
    context.globalAlpha = alpha;
    context.strokeStyle = colors.get(color) ?? '';
    context.fillStyle = context.strokeStyle;
    context.lineWidth = width;
    context.setLineDash([...dash]);
    // One by one: all in one path is slower, since everything that crosses is worked out.
    for (const curve of curves) context.stroke(curve);
    context.fill(points);
  }
}
