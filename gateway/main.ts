import { runProcess } from '@kreki/runtime/process';
import { readConfig } from './config.ts';
import { startGateway } from './gateway.ts';

await runProcess(() => startGateway(readConfig(process.env)));
