const LABEL_GAP = 16;

/** Names at the ends of their lines, moved apart where these meet. */
export function labels<Label extends { at: number }>(ends: readonly Label[]): Label[] {
  const placed = ends.map((end) => ({ ...end })).toSorted((one, other) => one.at - other.at);
  for (const [index, label] of placed.entries()) {
    const above = placed[index - 1];
    if (above) label.at = Math.max(label.at, above.at + LABEL_GAP);
  }
  return placed;
}
