/** Where the map stands in its view, as React Flow keeps it, and how large the view is, in CSS pixels. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly width: number;
  readonly height: number;
}

/** What a picture of the map shows: a view, and so many pixels around it. */
export interface Framing extends View {
  readonly margin: { readonly x: number; readonly y: number };
}

/** Of the width and the height, drawn beyond each rim while the map is dragged. */
const MARGIN = 0.25;

/** Whether a picture still fills the view, in its measure. */
export const covers = (drawn: Framing, { x, y, zoom, width, height }: View): boolean =>
  zoom === drawn.zoom &&
  width === drawn.width &&
  height === drawn.height &&
  Math.abs(x - drawn.x) <= drawn.margin.x &&
  Math.abs(y - drawn.y) <= drawn.margin.y;

/** What to draw next. Who zooms needs all of it anew in the next frame: then nothing is drawn that is not seen. */
export function framingOf(view: View, drawn: Framing | undefined): Framing {
  if (drawn && covers(drawn, view)) return drawn;
  const dragged = view.zoom === drawn?.zoom;
  const around = (length: number) => (dragged ? Math.round(length * MARGIN) : 0);
  return { ...view, margin: { x: around(view.width), y: around(view.height) } };
}
