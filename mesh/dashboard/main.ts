import { runProcess } from '@kreki/runtime/process';
import { readConfig } from './config.ts';
import { startDashboard } from './dashboard.ts';

await runProcess(() => startDashboard(readConfig(process.env)));
