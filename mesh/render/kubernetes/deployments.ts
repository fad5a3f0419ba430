/** Where the mesh is deployed, and in what the deployments differ. */
import type { PublicNames } from './edge.ts';

export interface Deployed {
  readonly publicNames: PublicNames;
  /** Pages of these origins may call. */
  readonly corsOrigins: readonly string[];
  /** As it is known to the providers. */
  readonly notification: {
    readonly fcmProject: string;
    readonly whatsappPhoneNumber: string;
    readonly mailFrom: string;
    /** Takes mail on port 465, with TLS from the first byte. */
    readonly mailServer: string;
  };
  /** Host that the dashboard posts alerts to. */
  readonly alertHost: string;
  /** Scrapes Linkerd's proxies, with the labels that Linkerd's documentation gives them; in the namespace `monitoring`, port 9090. */
  readonly prometheusUrl: string;
  /** Where databases archive to. */
  readonly backups: { readonly destination: string; readonly endpoint: string; readonly keep: string };
  /** `small`: one of each process and of each database. */
  readonly size: 'small' | 'full';
}

export const deployments: Readonly<Record<string, Deployed>> = {
  staging: {
    publicNames: { api: 'api.staging.kreki.id', grpc: 'grpc.staging.kreki.id' },
    corsOrigins: ['https://staging.kreki.id'],
    notification: {
      fcmProject: 'kreki-staging',
      whatsappPhoneNumber: '119000000000002',
      mailFrom: 'KREKI (uji coba) <noreply@staging.kreki.id>',
      mailServer: 'smtp.kreki.id',
    },
    alertHost: 'hooks.slack.com',
    prometheusUrl: 'http://prometheus-operated.monitoring:9090',
    backups: {
      destination: 's3://kreki-staging-backups',
      endpoint: 'https://s3.ap-southeast-3.amazonaws.com',
      keep: '7d',
    },
    size: 'small',
  },
  production: {
    publicNames: { api: 'api.kreki.id', grpc: 'grpc.kreki.id' },
    corsOrigins: ['https://kreki.id', 'https://www.kreki.id'],
    notification: {
      fcmProject: 'kreki-production',
      whatsappPhoneNumber: '119000000000003',
      mailFrom: 'KREKI <noreply@kreki.id>',
      mailServer: 'smtp.kreki.id',
    },
    alertHost: 'hooks.slack.com',
    prometheusUrl: 'http://prometheus-operated.monitoring:9090',
    backups: { destination: 's3://kreki-backups', endpoint: 'https://s3.ap-southeast-3.amazonaws.com', keep: '30d' },
    size: 'full',
  },
};
