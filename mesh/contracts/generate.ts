import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractComments } from './comments.ts';
import { materialise } from './materialise.ts';

/** `npm run generate`: stubs, and the comments of the contracts, in gen/ from proto/. An argument names another folder to write to. */
const out = process.argv[2] ?? '.';
materialise('.kreki/contracts');
for (const folder of ['kreki', 'google', 'grpc']) rmSync(join(out, 'gen', folder), { recursive: true, force: true });
execFileSync('node_modules/.bin/buf', ['generate', '--output', out], { stdio: 'inherit' });
writeFileSync(join(out, 'gen/kreki/comments.json'), `${JSON.stringify(contractComments(), undefined, 2)}\n`);
