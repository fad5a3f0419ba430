import { dashboard, services, simulators } from '../../topology.ts';
import type { Place } from '../settings.ts';
import { variable, variableOrEmpty } from './types.ts';

/** Where the issuer's certificates of a process are mounted. */
export const IDENTITY_FOLDER = '/run/identity';

const simulated = `http://simulators:${simulators.httpPort}`;

/** Containers find each other by name. The providers are the simulators unless `.env` says otherwise. */
export const composePlace: Place = {
  secrets: '/run/secrets',
  urlOf: (service) => `https://${service}:${services[service].port}`,
  identity: { MESH_IDENTITY: IDENTITY_FOLDER },
  collectorUrl: 'http://collector:4318',
  provider: {
    fcm: {
      FCM_PROJECT_ID: variable('FCM_PROJECT_ID', 'kreki-local'),
      FCM_ENDPOINT: variableOrEmpty('FCM_ENDPOINT', `${simulated}/fcm`),
    },
    whatsapp: {
      WHATSAPP_PHONE_NUMBER_ID: variable('WHATSAPP_PHONE_NUMBER_ID', '119000000000001'),
      WHATSAPP_ENDPOINT: variableOrEmpty('WHATSAPP_ENDPOINT', `${simulated}/whatsapp`),
    },
    smtp: { MAIL_FROM: variable('MAIL_FROM', 'KREKI <noreply@kreki.id>') },
  },
  edge: {
    CORS_ORIGINS: variable('CORS_ORIGINS', ''),
    TRUSTED_PROXIES: variable('TRUSTED_PROXIES', ''),
  },
  dashboard: {
    DASHBOARD_URL: variable('DASHBOARD_URL', `http://127.0.0.1:${dashboard.httpPort}`),
  },
};
