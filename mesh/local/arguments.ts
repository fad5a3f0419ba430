/** What `npm start -- …` understands. */

export interface Arguments {
  /** Stop after the drill, with exit code 0 when it held its targets and 1 otherwise. */
  readonly once: boolean;
  /** Begin with empty data. */
  readonly fresh: boolean;
  readonly drill: boolean;
}

const usage = `npm start -- [--once] [--fresh] [--no-drill]
  --once      stop after the drill; exit code 0 when it held its targets, else 1
  --fresh     begin with empty data
  --no-drill  do not run the drill`;

/** @throws Error with the usage when there is a word that is none of the above */
export function readArguments(words: readonly string[]): Arguments {
  const unknown = words.filter((word) => !['--once', '--fresh', '--no-drill'].includes(word));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(' ')}\n${usage}`);
  return {
    once: words.includes('--once'),
    fresh: words.includes('--fresh'),
    drill: !words.includes('--no-drill'),
  };
}
