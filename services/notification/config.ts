import {
  databaseSettings,
  duration,
  integer,
  natsSettings,
  optional,
  personalDataSettings,
  readEnvironment,
  secret,
  secretUrl,
  serviceSettings,
  text,
  url,
} from '@kreki/runtime/config';
import { descriptionOf } from '../../mesh/topology.ts';

export const readConfig = (env: NodeJS.ProcessEnv) =>
  readEnvironment(env, {
    ...serviceSettings(descriptionOf('notification')),
    ...databaseSettings,
    ...natsSettings,
    ...personalDataSettings,
    push: {
      projectId: text('FCM_PROJECT_ID'),
      credentialsFile: text('FCM_CREDENTIALS_FILE'),
      endpoint: optional('FCM_ENDPOINT'),
    },
    whatsapp: {
      endpoint: url('WHATSAPP_ENDPOINT', { default: 'https://graph.facebook.com' }),
      apiVersion: text('WHATSAPP_API_VERSION', { default: 'v23.0' }),
      phoneNumberId: text('WHATSAPP_PHONE_NUMBER_ID'),
      accessToken: secret('WHATSAPP_ACCESS_TOKEN'),
      appSecret: secret('WHATSAPP_APP_SECRET'),
      verifyToken: secret('WHATSAPP_VERIFY_TOKEN'),
      /** What Meta allows the number: 80 at first, 1,000 once it is raised. */
      messagesPerSecond: integer('WHATSAPP_MESSAGES_PER_SECOND', { default: 80, min: 1, max: 10_000 }),
    },
    email: {
      url: secretUrl('SMTP_URL'),
      from: text('MAIL_FROM', { default: 'KREKI <noreply@kreki.id>' }),
    },
    delivery: {
      /** How long a message may be on its way before another attempt takes it over. */
      leaseMs: duration('DELIVERY_LEASE', { default: '10s' }),
      maxAttempts: integer('DELIVERY_MAX_ATTEMPTS', { default: 8, min: 1, max: 50 }),
      /** Messages on their way at the same time, for each channel. */
      criticalConcurrency: integer('DELIVERY_CRITICAL_CONCURRENCY', { default: 48, min: 1, max: 500 }),
      normalConcurrency: integer('DELIVERY_NORMAL_CONCURRENCY', { default: 24, min: 1, max: 500 }),
    },
    /** How long notifications and what became of them are kept. */
    retentionMs: duration('NOTIFICATION_RETENTION', { default: '90d' }),
  });

export type Config = ReturnType<typeof readConfig>;
