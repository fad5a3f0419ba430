/** Which tests a person meant. */

export interface Selection {
  readonly files: readonly string[];
  /** For `node --test`. */
  readonly options: readonly string[];
}

/** @param words options of node begin with `-`; any other word keeps the files whose path contains it */
export function selectTests(all: readonly string[], words: readonly string[]): Selection {
  const options = words.filter((word) => word.startsWith('-'));
  const parts = words.filter((word) => !word.startsWith('-')).map((word) => word.replace(/^\.\//, ''));
  const wanted = parts.length === 0 ? all : all.filter((file) => parts.some((part) => file.includes(part)));
  return { files: wanted.toSorted(), options };
}
