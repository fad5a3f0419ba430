import { runProcess } from '@kreki/runtime/process';
import { readConfig } from './config.ts';
import { startVolunteer } from './service.ts';

await runProcess(() => startVolunteer(readConfig(process.env)));
