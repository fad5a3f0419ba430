import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deleteApp, initializeApp } from 'firebase-admin/app';
import { type BaseMessage, getMessaging } from 'firebase-admin/messaging';
import { EndpointAgent } from './endpoint-agent.ts';
import { type ServiceAccount, serviceAccountCredential } from './fcm-credential.ts';
import { type Outcome, retryAfterMs, SEND_TIMEOUT_MS } from './outcome.ts';

export interface PushSettings {
  readonly projectId: string;
  readonly credentialsFile: string;
  /** Base URL of a stand-in; Firebase itself when absent. */
  readonly endpoint: string | undefined;
}

export interface PushChannel {
  /** Sends to one device. A second send of the same message takes the place of the first on the phone. */
  send(token: string, message: BaseMessage): Promise<Outcome>;
  stop(): Promise<void>;
}

const MAX_SOCKETS = 128;

export function openPush({ projectId, credentialsFile, endpoint }: PushSettings): PushChannel {
  const account = JSON.parse(readFileSync(credentialsFile, 'utf8')) as ServiceAccount;
  const agent = endpoint === undefined ? undefined : new EndpointAgent(endpoint, MAX_SOCKETS);
  const credential = serviceAccountCredential(account);
  // Apps live in a registry of the process by name, and tests start several services in one.
  const name = `notification-${randomUUIDv7()}`;
  const app = initializeApp({ credential, projectId, ...(agent && { httpAgent: agent }) }, name);
  const messaging = getMessaging(app);
  return {
    async send(token, message) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      // The SDK tries an unavailable server again for up to a minute by itself, longer than a lease lasts.
      const timer = setTimeout(() => resolve({ kind: 'retry', error: 'TIMEOUT' }), SEND_TIMEOUT_MS);
      messaging
        .send({ ...message, token })
        .then((providerId): Outcome => ({ kind: 'sent', providerId }), pushOutcome)
        .then(resolve);
      return await promise.finally(() => clearTimeout(timer));
    },
    async stop() {
      agent?.destroy();
      await deleteApp(app);
    },
  };
}

interface SdkError {
  readonly code?: string;
  readonly message?: string;
  readonly httpResponse?: { readonly headers?: Readonly<Record<string, unknown>> };
}

/** What an error of the SDK means for the message and its token. */
export function pushOutcome(thrown: unknown): Outcome {
  const { code = 'unknown', message = '', httpResponse } = thrown as SdkError;
  const error = `${code}: ${message}`.slice(0, 300);
  switch (code) {
    case 'messaging/registration-token-not-registered':
    case 'messaging/installation-id-not-registered':
    case 'messaging/invalid-registration-token':
      return { kind: 'dead', error };
    case 'messaging/invalid-argument':
      // The same code tells of a message that is wrong, which is no reason to forget the phone.
      return /registration token/i.test(message) ? { kind: 'dead', error } : { kind: 'failed', error };
    case 'messaging/mismatched-credential':
    case 'messaging/third-party-auth-error':
    case 'messaging/invalid-payload':
    case 'messaging/invalid-data-payload-key':
    case 'messaging/payload-size-limit-exceeded':
    case 'messaging/invalid-options':
      return { kind: 'failed', error };
    default: {
      const header = httpResponse?.headers?.['retry-after'];
      const afterMs = retryAfterMs(typeof header === 'string' ? header : undefined);
      return { kind: 'retry', error, ...(afterMs !== undefined && { afterMs }) };
    }
  }
}
