/** What happens to a service's schema before the service starts: rights for its role, and migrations, both as the owner of its database. */
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IVolume } from 'kubernetes-models/v1/Volume';
import { databasePolicies, databaseStatements } from '../../policy/postgres.ts';
import { type ServiceName, services } from '../../topology.ts';
import { images } from '../versions.ts';
import { environment, HARDENED, mounts, settingsFromDeployment } from './container.ts';
import { clusterOf } from './names.ts';

const OWNER = '/etc/kreki/owner';

/** For psql, by the owner of the database: extensions are CloudNativePG's to make. */
export function grants(name: ServiceName): string {
  const policy = databasePolicies().find(({ service }) => service === name);
  if (!policy) throw new Error(`${name} has no database`);
  const statements = databaseStatements(policy).filter((statement) => !statement.startsWith('CREATE EXTENSION'));
  return `-- Rendered from mesh/topology.ts by \`npm run render\`; changes made here are lost.\n\\set ON_ERROR_STOP on\n${statements.map((statement) => `${statement};\n`).join('')}`;
}

export const ownerSecretOf = (name: ServiceName): string => `${name}-owner`;

/** Replicas that start together wait for each other; where nothing is missing, both are done in a moment. */
export function migrationContainers(name: ServiceName): IContainer[] {
  const resources = { requests: { cpu: '100m', memory: '192Mi' }, limits: { cpu: '1', memory: '384Mi' } };
  const owner = { name: 'owner', mountPath: OWNER, readOnly: true };
  return [
    {
      name: 'grants',
      image: images.cluster,
      command: [
        'sh',
        '-c',
        `exec psql --no-psqlrc --quiet --file=/etc/kreki/grants/grants.sql "$(cat ${OWNER}/DATABASE_URL)"`,
      ],
      resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
      securityContext: HARDENED,
      volumeMounts: [
        { name: 'tmp', mountPath: '/tmp' },
        { name: 'grants', mountPath: '/etc/kreki/grants', readOnly: true },
        { name: 'postgres-ca', mountPath: '/etc/kreki/postgres', readOnly: true },
        owner,
      ],
    },
    {
      name: 'migrations',
      image: `kreki/${name}`,
      env: [
        ...environment(name).filter((each) => each.name !== 'DATABASE_URL_FILE'),
        { name: 'DATABASE_URL_FILE', value: `${OWNER}/DATABASE_URL` },
        { name: 'MIGRATE_ONLY', value: 'true' },
      ],
      ...settingsFromDeployment(name),
      resources,
      securityContext: HARDENED,
      volumeMounts: [...mounts(name), owner],
    },
  ];
}

export function migrationVolumes(name: ServiceName): IVolume[] {
  const cluster = clusterOf(services[name].tier);
  return [
    { name: 'owner', secret: { secretName: ownerSecretOf(name), defaultMode: 0o440 } },
    { name: 'grants', configMap: { name: `${name}-grants` } },
    // Of the cluster's authority only the certificate; its key stays where it is.
    {
      name: 'postgres-ca',
      secret: { secretName: `${cluster}-ca`, items: [{ key: 'ca.crt', path: 'ca.crt' }], defaultMode: 0o440 },
    },
  ];
}

export const databaseUrlOptions = 'sslmode=verify-full&sslrootcert=/etc/kreki/postgres/ca.crt';
