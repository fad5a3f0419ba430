import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { materialise } from './materialise.ts';

/** `npm run generate`: stubs in gen/ from proto/. An argument names another folder to write to. */
const out = process.argv[2] ?? '.';
materialise('.kreki/contracts');
for (const folder of ['kreki', 'google', 'grpc']) rmSync(join(out, 'gen', folder), { recursive: true, force: true });
execFileSync('node_modules/.bin/buf', ['generate', '--output', out], { stdio: 'inherit' });
