import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { picture } from './picture.ts';

/** `npm run render`: writes what is derived from the topology; with `--check`, fails when a file is not what would be written. */
const renderings: Readonly<Record<string, () => string>> = { 'docs/mesh.svg': picture };

const check = process.argv.includes('--check');
const drifted: string[] = [];
for (const [file, render] of Object.entries(renderings)) {
  const text = render();
  if (check) {
    if (readFileSync(file, 'utf8') !== text) drifted.push(file);
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(file);
  }
}
if (drifted.length > 0) {
  console.error(`out of date, run npm run render: ${drifted.join(', ')}`);
  process.exit(1);
}
