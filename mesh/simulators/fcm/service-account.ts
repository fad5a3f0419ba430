import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** The parts of Google's service-account JSON that matter here. */
export interface ServiceAccount {
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
}

/** Verifies the assertions that the account's holder signs. */
export function publicKeyOf(account: ServiceAccount): KeyObject {
  return createPublicKey(account.private_key);
}

/** Signs access tokens: derived from the account, so that tokens outlive a restart of the simulators as they outlive Google's. */
export function tokenSecretOf(account: ServiceAccount): Buffer {
  return createHash('sha256').update('access-token').update(account.private_key).digest();
}
