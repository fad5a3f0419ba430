import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUTHORITY_FILE, IDENTITY_FILE } from '@kreki/runtime/identity/certificates';
import { BACKDATE_MS, openAuthority } from './authority.ts';
import { writePrivate } from './files.ts';

export interface IdentitiesOptions {
  /** Where the authority keeps its key: for nobody but the issuer. */
  readonly authorityFolder: string;
  /** Holds a folder for each process, named after it: its MESH_IDENTITY. */
  readonly folder: string;
  readonly names: readonly string[];
  readonly lifetimeMs: number;
}

export interface Identities {
  /** How often to see whether renewal is due. */
  readonly lookEveryMs: number;
  /** Gives each process a new certificate when half the life of the last is over, or the clock was set back before it. */
  renew(): Promise<void>;
}

const LOOK_MAX_MS = 30_000;

/** Gives each process a certificate. */
export async function openIdentities(options: IdentitiesOptions): Promise<Identities> {
  const { folder, names, lifetimeMs } = options;
  const authority = await openAuthority(options.authorityFolder);
  let issuedAtMs = 0;

  const issue = async () => {
    const nowMs = Date.now();
    for (const name of names) {
      const own = join(folder, name);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      // First whom to trust: until the certificate is replaced too, the old one is among them.
      replace(join(own, AUTHORITY_FILE), authority.trusted);
      writePrivate(join(own, IDENTITY_FILE), await authority.issue(name, lifetimeMs));
    }
    issuedAtMs = nowMs;
  };
  await issue();

  return {
    lookEveryMs: Math.min(lifetimeMs / 10, LOOK_MAX_MS),
    async renew() {
      // By the clock on the wall, since a machine that slept has timers that slept with it.
      const ageMs = Date.now() - issuedAtMs;
      if (ageMs > lifetimeMs / 2 || ageMs < -BACKDATE_MS / 2) await issue();
    },
  };
}

/** Leaves a file alone that already says the same. */
function replace(file: string, content: string): void {
  try {
    if (readFileSync(file, 'utf8') === content) return;
  } catch {
    // It is not there yet.
  }
  writePrivate(file, content);
}
