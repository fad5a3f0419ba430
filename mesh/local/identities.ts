/** Certificates of this machine's mesh, or of one test run. */
import { join } from 'node:path';
import { readLifetimeMs } from '../issuer/config.ts';
import { openIdentities } from '../issuer/identities.ts';
import { type CallerName, callerNames } from '../topology.ts';

/** Issues certificates under a mesh's folder, and renews them for as long as this process does anything else. */
export async function provideIdentities(folder: string, tell: (line: string) => void): Promise<void> {
  const identities = await openIdentities({
    authorityFolder: join(folder, 'authority'),
    folder: join(folder, 'identities'),
    names: callerNames,
    lifetimeMs: readLifetimeMs(process.env),
  });
  const renew = () => identities.renew().catch((error) => tell(`! certificates could not be renewed: ${error}`));
  setInterval(renew, identities.lookEveryMs).unref();
}

/** Where the certificate of a process lies. */
export const identityFolder = (folder: string, name: CallerName): string => join(folder, 'identities', name);
