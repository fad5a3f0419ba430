/** docker-compose.yml and the files beside it. */
import { explained, toYaml } from '../yaml.ts';
import { collectorConfiguration, natsConfiguration, postgresRoles, redisConfiguration } from './configurations.ts';
import { processContainers } from './processes.ts';
import { declaredSecrets } from './secrets.ts';
import { serverContainers } from './servers.ts';
import type { ComposeFile } from './types.ts';

export function composeFile(): ComposeFile {
  const services = explained(
    { ...serverContainers(), ...processContainers() },
    {
      postgres: 'The servers.',
      'postgres-roles': 'Runs at each `up` and ends: what is missing is made, a changed password takes effect.',
      collector: 'Its image holds nothing that could ask for its health, and nobody waits for it.',
      mailpit: 'Keeps every mail and shows it; a real server is named in the secret notification/SMTP_URL.',
      issuer: "The mesh's own processes. This one makes and renews their certificates.",
      simulators: 'FCM and WhatsApp as they are on the wire, for trying the mesh: COMPOSE_PROFILES=simulators.',
    },
  );
  return explained(
    {
      name: 'kreki',
      services,
      networks: explained(
        { edge: {}, mesh: { internal: true }, data: { internal: true }, providers: {} },
        {
          edge: 'What is published on this machine.',
          mesh: 'Where services call each other.',
          data: 'Where the data is; nothing else is reached from it.',
          providers: 'The way out, for notification alone.',
        },
      ),
      volumes: { authority: {}, dashboard: {}, identities: {}, nats: {}, postgres: {}, redis: {} },
      secrets: declaredSecrets(),
    },
    { secrets: 'Files that `npm run secrets` makes; nothing has a password that came with this repository.' },
  );
}

export const composeRenderings: Readonly<Record<string, () => string>> = {
  'docker-compose.yml': () =>
    toYaml([composeFile()], 'The whole mesh in containers: `npm run secrets && docker compose up --build --wait`.'),
  'mesh/compose/nats.conf': natsConfiguration,
  'mesh/compose/otel-collector.yaml': () => toYaml([collectorConfiguration], 'The OpenTelemetry collector.'),
  'mesh/compose/postgres-roles.sql': postgresRoles,
  'mesh/compose/redis.conf': redisConfiguration,
};
