import { renameSync, writeFileSync } from 'node:fs';

/** Replaces a file in one step, for its owner's eyes only: whoever reads it reads the old or the new, never half of it. */
export function writePrivate(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
