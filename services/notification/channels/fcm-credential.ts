import { createSign } from 'node:crypto';
import type { Credential } from 'firebase-admin/app';

/** The parts of Google's service-account JSON that matter here. */
export interface ServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
  readonly token_uri: string;
}

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TIMEOUT_MS = 4_000;

/**
 * Access tokens from the account's own `token_uri` (RFC 7523). The SDK's `cert()` knows Google's endpoint only, and this way the
 * same code runs against Google and against a stand-in.
 */
export function serviceAccountCredential(account: ServiceAccount): Credential {
  return {
    async getAccessToken() {
      const form = new URLSearchParams({ grant_type: GRANT_TYPE, assertion: assertionOf(account) });
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(account.token_uri, { method: 'POST', body: form, signal });
      if (!response.ok) throw new Error(`${account.token_uri} answered ${response.status}: ${await response.text()}`);
      return (await response.json()) as { access_token: string; expires_in: number };
    },
  };
}

function assertionOf(account: ServiceAccount): string {
  const issuedAt = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: account.client_email,
    scope: SCOPE,
    aud: account.token_uri,
    iat: issuedAt,
    exp: issuedAt + 3_600,
  };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(account.private_key, 'base64url')}`;
}
