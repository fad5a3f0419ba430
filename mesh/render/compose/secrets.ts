/** The files of secrets that the containers are given, and who is given which. */
import { OPERATOR } from '../../policy/nats.ts';
import { databasePolicies } from '../../policy/postgres.ts';
import { type ServiceName, serviceNames } from '../../topology.ts';
import { dashboardSettings, gatewaySettings, migrated, serviceSettings } from '../settings.ts';
import { composePlace } from './place.ts';
import { required } from './types.ts';

/** The folder that holds them, which `npm run secrets` makes and names in `.env`. */
const FOLDER = required('KREKI_SECRETS', 'run npm run secrets first');

/** Administrator's password and the passwords of all roles, each in a file named after it. */
export const postgresSecrets = (): string[] => [
  'postgres',
  ...databasePolicies().flatMap(({ owner, role }) => [owner, role]),
];

/** What the simulators have to share with notification. */
export const simulatorSecrets = [
  'FCM_CREDENTIALS',
  'WHATSAPP_ACCESS_TOKEN',
  'WHATSAPP_APP_SECRET',
  'WHATSAPP_VERIFY_TOKEN',
] as const;

/** Every file, by the folder that it is in. */
export function secretFolders(): Record<string, readonly string[]> {
  return {
    postgres: postgresSecrets(),
    nats: ['authorization.conf'],
    redis: ['users.acl'],
    ...Object.fromEntries(serviceNames.map((name) => [name, serviceSettings(name, composePlace).secrets])),
    ...Object.fromEntries(migrated().map((name) => [migrationsOf(name), ['DATABASE_URL']])),
    gateway: gatewaySettings(composePlace).secrets,
    [OPERATOR]: dashboardSettings(composePlace).secrets,
  };
}

export const migrationsOf = (name: ServiceName): string => `${name}-migrations`;

/** As compose declares them. */
export function declaredSecrets(): Record<string, { file: string }> {
  const entries = Object.entries(secretFolders()).flatMap(([folder, files]) =>
    files.map((file) => [secretName(folder, file), { file: `${FOLDER}/${folder}/${file}` }] as const),
  );
  return Object.fromEntries(entries);
}

export const given = (folder: string, files: readonly string[]) =>
  files.map((file) => ({ source: secretName(folder, file), target: file }));

const secretName = (folder: string, file: string): string =>
  `${folder}-${file.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
