interface Call {
  readonly source: string;
  readonly target: string;
}

/** After so many the order of a column hardly changes any more. */
const SWEEPS = 4;

/**
 * Columns from who calls to who is called, each in an order in which few lines cross. Source of both steps: Sugiyama, Tagawa, Toda, "Methods for
 * Visual Understanding of Hierarchical System Structures" (1981): the longest path decides the column, the mean place of neighbours the order.
 * Where calls go in a circle, the call that closes it is left out; those before it in `calls` are not.
 */
export function columnsOf(ids: readonly string[], calls: readonly Call[]): string[][] {
  const callers = new Map<string, string[]>(ids.map((id) => [id, []]));
  const neighbours = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { source, target } of calls) {
    callers.get(target)?.push(source);
    neighbours.get(target)?.push(source);
    neighbours.get(source)?.push(target);
  }
  const columns: string[][] = [];
  for (const [id, column] of longestPaths(ids, callers)) {
    columns[column] ??= [];
    columns[column].push(id);
  }
  let places = placesIn(columns);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const column of sweep % 2 === 0 ? columns : columns.toReversed()) {
      const means = new Map(column.map((id) => [id, mean(neighbours.get(id) ?? [], places) ?? places.get(id) ?? 0]));
      column.sort((a, b) => (means.get(a) ?? 0) - (means.get(b) ?? 0));
      places = new Map([...places, ...placesIn([column])]);
    }
  }
  return columns;
}

/** How many calls lead to each at the most. */
function longestPaths(ids: readonly string[], callers: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const lengths = new Map<string, number>();
  const under = new Set<string>();
  const visit = (id: string): number => {
    const known = lengths.get(id);
    if (known !== undefined) return known;
    under.add(id);
    const before = (callers.get(id) ?? []).filter((caller) => !under.has(caller)).map(visit);
    under.delete(id);
    const length = Math.max(-1, ...before) + 1;
    lengths.set(id, length);
    return length;
  };
  for (const id of ids) visit(id);
  return lengths;
}

/** From -1, the top of a column, to 1. */
const placesIn = (columns: readonly (readonly string[])[]): Map<string, number> =>
  new Map(columns.flatMap((column) => column.map((id, index) => [id, (2 * index + 1) / column.length - 1] as const)));

function mean(ids: readonly string[], places: ReadonlyMap<string, number>): number | undefined {
  if (ids.length === 0) return undefined;
  return ids.reduce((sum, id) => sum + (places.get(id) ?? 0), 0) / ids.length;
}
