import type { Database } from '@kreki/runtime/database/database';
import type { Outbox } from '@kreki/runtime/events/outbox';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import type { Config } from './config.ts';
import type { Holders } from './erasure/holders.ts';
import type { LoginLimits } from './login-limits/login-limits.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { PrismaClient } from './prisma/generated/client.ts';
import type { Revocations } from './revocation/revocations.ts';
import type { KeyRing } from './signing-keys/key-ring.ts';

/** What the RPCs of this service stand on. */
export interface Context {
  readonly config: Config;
  readonly database: Database;
  /** Over the same pool as `database`. */
  readonly prisma: PrismaClient;
  readonly outbox: Outbox;
  /** Seals and opens e-mail addresses and phone numbers. */
  readonly personalData: PersonalData;
  readonly keys: KeyRing;
  readonly passwords: Passwords;
  readonly loginLimits: LoginLimits;
  readonly revocations: Revocations;
  /** The other services that hold something of people. */
  readonly holders: Holders;
  /** Has them asked now to let go of who was erased. */
  readonly erasures: { wake(): void };
}
