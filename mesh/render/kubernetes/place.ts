import { dashboard, services } from '../../topology.ts';
import type { Place } from '../settings.ts';

/** Where files of secrets are mounted; Kubernetes mounts its own below /run/secrets. */
export const SECRETS = '/etc/kreki/secrets';

/** Processes speak plaintext to the proxy beside them, which speaks mTLS for them. What differs between deployments is in a ConfigMap. */
export const kubernetesPlace: Place = {
  secrets: SECRETS,
  urlOf: (service) => `http://${service}:${services[service].port}`,
  identity: { MESH_IDENTITY: 'linkerd' },
  collectorUrl: 'http://collector:4318',
  provider: { fcm: {}, whatsapp: {}, smtp: {} },
  edge: {},
  // As it is seen through `kubectl port-forward`.
  dashboard: { DASHBOARD_URL: `http://127.0.0.1:${dashboard.httpPort}` },
};

/** Variables of a process that a deployment's overlay has to set, in the ConfigMap `<process>-settings`. */
export const deploymentSettings: Readonly<Record<string, readonly string[]>> = {
  notification: ['FCM_PROJECT_ID', 'WHATSAPP_PHONE_NUMBER_ID', 'MAIL_FROM'],
  gateway: ['CORS_ORIGINS'],
  dashboard: ['PROMETHEUS_URL'],
};
