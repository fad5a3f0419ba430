import { runProcess } from '@kreki/runtime/process';
import { readConfig } from './config.ts';
import { startNotification } from './service.ts';

await runProcess(() => startNotification(readConfig(process.env)));
