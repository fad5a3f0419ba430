import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { jwtVerify } from 'jose';
import { readBody, sendJson } from '../http/exchange.ts';
import { publicKeyOf, type ServiceAccount, tokenSecretOf } from './service-account.ts';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const LIFETIME_S = 3_599;
/** Google's token endpoints, whichever name the client library signs for. */
const AUDIENCES = [
  'https://oauth2.googleapis.com/token',
  'https://www.googleapis.com/oauth2/v4/token',
  'https://accounts.google.com/o/oauth2/token',
];

/** Google's OAuth 2.0 token endpoint for service accounts, and the check of what it issued. */
export class AccessTokens {
  readonly #account: ServiceAccount;
  readonly #publicKey: KeyObject;
  readonly #secret: Buffer;
  /** Tokens already checked, with their end in milliseconds: an HMAC a send would be waste. */
  readonly #known = new Map<string, number>();

  constructor(account: ServiceAccount) {
    this.#account = account;
    this.#publicKey = publicKeyOf(account);
    this.#secret = tokenSecretOf(account);
  }

  /** POST /token */
  async exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await readForm(request);
    if (form.get('grant_type') !== GRANT_TYPE) {
      sendJson(response, 400, {
        error: 'unsupported_grant_type',
        error_description: `Invalid grant_type: ${form.get('grant_type') ?? ''}`,
      });
      return;
    }
    try {
      await jwtVerify(form.get('assertion') ?? '', this.#publicKey, {
        algorithms: ['RS256'],
        issuer: this.#account.client_email,
        audience: [...AUDIENCES, `http://${request.headers.host}${request.url}`],
        maxTokenAge: '1h',
        clockTolerance: 60,
      });
    } catch (error) {
      sendJson(response, 400, {
        error: 'invalid_grant',
        error_description: `Invalid JWT: ${(error as Error).message}`,
      });
      return;
    }
    sendJson(response, 200, { access_token: this.#issue(), expires_in: LIFETIME_S, token_type: 'Bearer' });
  }

  accepts(authorization: string | undefined): boolean {
    if (!authorization?.startsWith('Bearer ')) return false;
    const token = authorization.slice(7);
    const end = this.#known.get(token);
    if (end !== undefined) return end > Date.now();
    const [prefix, expires, signature] = token.split('.');
    const expected = this.#sign(expires ?? '');
    const given = Buffer.from(signature ?? '', 'base64url');
    if (prefix !== 'ya29' || given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    if (Number(expires) <= Date.now()) return false;
    if (this.#known.size > 1_000) this.#known.clear();
    this.#known.set(token, Number(expires));
    return true;
  }

  #issue(): string {
    const expires = String(Date.now() + LIFETIME_S * 1_000);
    return `ya29.${expires}.${this.#sign(expires).toString('base64url')}`;
  }

  #sign(expires: string): Buffer {
    return createHmac('sha256', this.#secret).update(expires).digest();
  }
}

/** OAuth says a form; Google's endpoint takes JSON as well. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const text = await readBody(request, 20_000);
  if (!request.headers['content-type']?.includes('json')) return new URLSearchParams(text);
  try {
    return new URLSearchParams(JSON.parse(text) as Record<string, string>);
  } catch {
    return new URLSearchParams();
  }
}
