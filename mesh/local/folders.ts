/** Where the data of a mesh lies, and as whom its servers run. */
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const dataFolder = join(repository, '.kreki');

/** The unprivileged user that servers run as when the launcher is root. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses root; whoever is not root already runs servers as themself. */
export function serverUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8');
  const found = findUser(accounts, 'postgres') ?? findUser(accounts, 'nobody');
  if (!found) throw new Error('PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody');
  return found;
}

/** @param accounts content of /etc/passwd */
export function findUser(accounts: string, name: string): User | undefined {
  const line = accounts.split('\n').find((account) => account.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/**
 * Makes the folder for the servers of one mesh. Where the server user cannot enter the clone (one under /root), the data
 * lies in /var/lib/kreki-<hash of the clone's path> and the given folder is a symbolic link to it.
 * @returns the real path
 */
export function makeServerFolder(folder: string, user: User | undefined): string {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o711 });
  if (!user) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
  if (canOthersEnter(dirname(folder))) return own(folder, user);
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 10);
  const home = `/var/lib/kreki-${hash}`;
  mkdirSync(home, { recursive: true, mode: 0o711 });
  writeFileSync(
    join(home, 'README'),
    `Server data of the KREKI mesh in ${repository}. May go when that clone is gone.\n`,
  );
  const real = own(join(home, relative(dataFolder, folder)), user);
  rmSync(folder, { force: true });
  symlinkSync(real, folder);
  return real;
}

/** A folder that belongs to the server user. */
export function own(folder: string, user: User | undefined): string {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o711 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

/** A file for the server user's eyes only. */
export function writeOwned(file: string, content: string, user: User | undefined): void {
  writeFileSync(file, content, { mode: 0o600 });
  chmodSync(file, 0o600);
  if (user) chownSync(file, user.uid, user.gid);
}

export function canOthersEnter(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
