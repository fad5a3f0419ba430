import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { authorization } from './authorization.ts';
import { composeRenderings } from './compose/compose.ts';
import { linkerdRenderings } from './kubernetes/renderings.ts';
import { picture } from './picture.ts';

/** `npm run render`: writes what is derived from topology and contracts; with `--check`, fails when a file is not what would be written. */
const renderings: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/mesh.svg': picture,
  'docs/authorization.md': authorization,
  ...composeRenderings,
  ...linkerdRenderings(),
};

/** Where nothing but renderings lies: what is not rendered any more goes. */
const RENDERED_ONLY = ['mesh/linkerd/**/*.yaml', 'mesh/linkerd/**/*.sql'];

const check = process.argv.includes('--check');
const drifted: string[] = [];
for (const [file, render] of Object.entries(renderings)) {
  const text = await render();
  if (check) {
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) drifted.push(file);
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(file);
  }
}
for (const file of RENDERED_ONLY.flatMap((pattern) => globSync(pattern))) {
  if (file in renderings) continue;
  if (check) drifted.push(file);
  else rmSync(file);
}
if (drifted.length > 0) {
  console.error(`out of date, run npm run render: ${drifted.join(', ')}`);
  process.exit(1);
}
