import { runProcess } from '@kreki/runtime/process';
import { readConfig } from './config.ts';
import { startEmergency } from './service.ts';

await runProcess(() => startEmergency(readConfig(process.env)));
