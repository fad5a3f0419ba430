import { readFileSync } from 'node:fs';
import type { ServiceAccount } from './fcm/service-account.ts';

export interface WhatsAppConfig {
  readonly phoneNumberId: string;
  readonly accessToken: string;
  /** Signs webhooks (`X-Hub-Signature-256`). */
  readonly appSecret: string;
  /** What the edge expects in the verification handshake. */
  readonly verifyToken: string;
}

export interface SimulatorsConfig {
  readonly host: string;
  /** 0 takes a free port. */
  readonly httpPort: number;
  /** 0 takes a free port. */
  readonly smtpPort: number;
  /** Base URL of the edge; webhooks go to `${edgeUrl}/webhooks/whatsapp`. */
  readonly edgeUrl: string;
  readonly fcm: ServiceAccount;
  readonly whatsapp: WhatsAppConfig;
  /** Deliveries kept in memory; the oldest leave first. Default 200,000. */
  readonly keep?: number;
  /** Keeps messages and webhooks over a restart; without one the simulators begin empty. */
  readonly ledgerFile?: string;
}

/** @throws Error that names every missing or wrong variable at once. */
export function readConfig(env: NodeJS.ProcessEnv): SimulatorsConfig {
  const problems: string[] = [];
  const text = (name: string, fallback?: string): string => {
    const value = env[name] || fallback;
    if (!value) problems.push(`${name} is missing`);
    return value ?? '';
  };
  const secret = (name: string): string => {
    const file = env[`${name}_FILE`];
    if (!file) return text(name);
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      problems.push(`${name}_FILE cannot be read: ${(error as Error).message}`);
      return '';
    }
  };
  const port = (name: string, fallback: number): number => {
    const value = Number(env[name] || fallback);
    if (!Number.isInteger(value) || value < 0 || value > 65_535) problems.push(`${name} is not a port: ${env[name]}`);
    return value;
  };
  const url = (name: string): string => {
    const value = text(name);
    if (value && !/^https?:\/\//.test(value)) problems.push(`${name} is not an http(s) URL: ${value}`);
    return value.replace(/\/+$/, '');
  };
  const optional = (name: string): string | undefined => env[name] || undefined;
  const ledgerFile = optional('LEDGER_FILE');
  const config: SimulatorsConfig = {
    host: text('HOST', '127.0.0.1'),
    httpPort: port('HTTP_PORT', 8095),
    smtpPort: port('SMTP_PORT', 8096),
    edgeUrl: url('EDGE_URL'),
    fcm: readServiceAccount(text('FCM_CREDENTIALS_FILE'), problems),
    whatsapp: {
      phoneNumberId: text('WHATSAPP_PHONE_NUMBER_ID'),
      accessToken: secret('WHATSAPP_ACCESS_TOKEN'),
      appSecret: secret('WHATSAPP_APP_SECRET'),
      verifyToken: secret('WHATSAPP_VERIFY_TOKEN'),
    },
    ...(ledgerFile && { ledgerFile }),
  };
  if (problems.length > 0) throw new Error(`simulators cannot start:\n  ${problems.join('\n  ')}`);
  return config;
}

function readServiceAccount(file: string, problems: string[]): ServiceAccount {
  const empty = { project_id: '', client_email: '', private_key: '' };
  if (!file) return empty;
  try {
    const account = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    for (const name of Object.keys(empty)) {
      if (typeof account[name] !== 'string') problems.push(`FCM_CREDENTIALS_FILE ${file} lacks ${name}`);
    }
    return account as unknown as ServiceAccount;
  } catch (error) {
    problems.push(`FCM_CREDENTIALS_FILE ${file} cannot be read: ${(error as Error).message}`);
    return empty;
  }
}
