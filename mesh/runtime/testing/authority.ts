import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, openAuthority } from '../../issuer/authority.ts';
import { writePrivate } from '../../issuer/files.ts';
import { AUTHORITY_FILE, IDENTITY_FILE } from '../identity/certificates.ts';

export interface TestAuthority extends Authority {
  /** Gives a process a certificate, or another in place of the one it has, and returns its folder. A life below 0 is over. */
  give(name: string, lifetimeMs?: number): Promise<string>;
  remove(): void;
}

const HOUR_MS = 3_600_000;

/** An authority of a test's own, beside that of the test run. */
export async function testAuthority(): Promise<TestAuthority> {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-authority-'));
  const authority = await openAuthority(join(folder, 'authority'));
  return {
    ...authority,
    async give(name, lifetimeMs = HOUR_MS) {
      const own = join(folder, name);
      mkdirSync(own, { recursive: true });
      writePrivate(join(own, AUTHORITY_FILE), authority.trusted);
      writePrivate(join(own, IDENTITY_FILE), await authority.issue(name, lifetimeMs));
      return own;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
