import { createLogger } from '@kreki/runtime/log';
import { loop } from '@kreki/runtime/loop';
import { runProcess } from '@kreki/runtime/process';
import { callerNames } from '../topology.ts';
import { readConfig } from './config.ts';
import { openIdentities } from './identities.ts';

/** Issues and renews certificates where neither the launcher nor Linkerd does, such as in compose. */
await runProcess(async () => {
  const { logLevel, authorityFolder, identitiesFolder: folder, lifetimeMs } = readConfig(process.env);
  const log = createLogger('issuer', logLevel);
  const identities = await openIdentities({ authorityFolder, folder, names: callerNames, lifetimeMs });
  log.info({ names: callerNames, lifetimeMs }, 'certificates issued');
  const { lookEveryMs } = identities;
  const renewal = loop('renewal', lookEveryMs, () => identities.renew(), { log, maxBackOffMs: 2 * lookEveryMs });
  renewal.start();
  return renewal;
});
