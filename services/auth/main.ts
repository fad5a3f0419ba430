import { runProcess } from '@kreki/runtime/process';
import { readConfig } from './config.ts';
import { startAuth } from './service.ts';

await runProcess(() => startAuth(readConfig(process.env)));
