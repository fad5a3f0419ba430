import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { makeSecrets, nameInEnv } from '../../compose/make-secrets.ts';
import { gateway, serviceNames, services } from '../../topology.ts';
import type { ComposeFile, Container } from '../compose/types.ts';

const compose: ComposeFile = parse(readFileSync('docker-compose.yml', 'utf8'));
const containers = Object.entries(compose.services);
const folder = mkdtempSync(join(tmpdir(), 'kreki-compose-'));
const { written } = makeSecrets(folder);
after(() => rmSync(folder, { recursive: true }));

/** A container's environment as its process reads it, with the files of secrets where they are here. */
function environmentOf({ environment = {}, secrets = [] }: Container): Record<string, string> {
  const files = new Map(secrets.map(({ source, target }) => [`/run/secrets/${target}`, compose.secrets[source]?.file]));
  const read = ([name, value]: [string, string]) => {
    const plain = value.replace(/\$\{\w+:?-([^}]*)\}/g, '$1');
    const file = files.get(value)?.replace(/^\$\{[^}]*\}/, join(folder, 'secrets'));
    return [name, file ?? plain];
  };
  return Object.fromEntries(Object.entries(environment).map(read as never));
}

test('every container gives up what it does not need, and has its limits', () => {
  for (const [name, container] of containers) {
    assert.equal(container.read_only, true, `${name}: a root file system that can be written`);
    assert.deepEqual(container.cap_drop, ['ALL'], name);
    assert.deepEqual(container.security_opt, ['no-new-privileges:true'], name);
    assert.ok(container.cpus > 0 && container.mem_limit && container.pids_limit > 0, `${name}: no limits`);
    assert.match(container.image, /:[^:]+$/, `${name}: an image without a version`);
    assert.doesNotMatch(container.image, /:latest$/, name);
  }
});

test('what a container refers to is there', () => {
  for (const [name, container] of containers) {
    for (const network of container.networks ?? []) assert.ok(network in compose.networks, `${name}: ${network}`);
    for (const { source } of container.secrets ?? []) assert.ok(compose.secrets[source], `${name}: secret ${source}`);
    for (const mount of container.volumes ?? []) {
      if (mount.type === 'volume') assert.ok(mount.source in compose.volumes, `${name}: volume ${mount.source}`);
      else assert.ok(existsSync(mount.source), `${name}: ${mount.source}`);
    }
    for (const [other, { condition }] of Object.entries(container.depends_on ?? {})) {
      const awaited = compose.services[other];
      assert.ok(awaited, `${name} waits for ${other}`);
      if (condition === 'service_healthy') assert.ok(awaited.healthcheck, `${name} waits for the health of ${other}`);
      else assert.equal(awaited.restart, 'on-failure', `${name} waits for the end of ${other}`);
    }
  }
});

test('whoever lasts has a health check, but for the one whose image could not ask', () => {
  const unasked = containers.filter(([, { restart, healthcheck }]) => restart === 'unless-stopped' && !healthcheck);
  assert.deepEqual(
    unasked.map(([name]) => name),
    ['collector'],
  );
});

test('nothing is published beyond this machine unless one says so', () => {
  for (const [name, { ports = [] }] of containers) {
    for (const port of ports) assert.match(port, /^(127\.0\.0\.1|\$\{KREKI_BIND:-127\.0\.0\.1\}):/, name);
  }
});

test('the data can be reached by those who store something, and leads nowhere', () => {
  assert.deepEqual(Object.keys(compose.networks), ['edge', 'mesh', 'data', 'providers']);
  for (const inner of ['mesh', 'data']) assert.equal(compose.networks[inner]?.internal, true, inner);
  for (const server of ['postgres', 'nats', 'redis']) assert.deepEqual(compose.services[server]?.networks, ['data']);
  for (const name of serviceNames) {
    const outward = compose.services[name]?.networks?.includes('providers') ?? false;
    assert.equal(outward, services[name].providers !== undefined, `${name} and the way out`);
    assert.ok(!compose.services[name]?.networks?.includes('edge'), `${name} at the edge`);
  }
});

test('each service starts with what its container tells it', async () => {
  for (const name of serviceNames) {
    const { readConfig } = await import(`../../../services/${name}/config.ts`);
    const config = readConfig(environmentOf(compose.services[name] as Container));
    assert.equal(config.port, services[name].port);
    assert.match(
      config.databaseUrl,
      new RegExp(`^postgresql://kreki_${name}:[0-9a-f]{48}@postgres:5432/kreki_${name}$`),
    );
  }
});

test('each migration starts as the owner of its database', async () => {
  for (const name of serviceNames.filter((service) => services[service].stores.postgres)) {
    const { readConfig } = await import(`../../../services/${name}/config.ts`);
    const container = compose.services[`${name}-migrations`] as Container;
    assert.match(readConfig(environmentOf(container)).databaseUrl, new RegExp(`^postgresql://kreki_${name}_owner:`));
    assert.equal(container.environment?.MIGRATE_ONLY, 'true');
  }
});

test('edge and simulators start with what their containers tell them', async () => {
  const edge = await import('../../../gateway/config.ts');
  const config = edge.readConfig(environmentOf(compose.services.gateway as Container));
  assert.deepEqual(Object.keys(config.upstreams).toSorted(), Object.keys(gateway.calls).toSorted());
  const stand = await import('../../simulators/config.ts');
  const simulated = stand.readConfig(environmentOf(compose.services.simulators as Container));
  assert.equal((simulated.fcm as { token_uri?: string }).token_uri, 'http://simulators:8095/fcm/token');
});

test('the dashboard takes everybody’s telemetry from the collector, and reads events as the operator', async () => {
  const { readConfig } = await import('../../dashboard/config.ts');
  const config = readConfig(environmentOf(compose.services.dashboard as Container));
  assert.match(config.natsUrl ?? '', /^nats:\/\/operator:\w+@nats:4222$/);
  assert.equal(config.alertWebhook, undefined);
  assert.equal(config.serviceUrls.emergency, 'https://emergency:8103');
  const identity = compose.services.dashboard?.volumes?.find(({ source }) => source === 'identities');
  assert.deepEqual(identity, {
    ...{ type: 'volume', source: 'identities', target: config.mesh.identity, read_only: true },
    volume: { subpath: 'operator' },
  });
  const { exporters, service } = parse(readFileSync('mesh/compose/otel-collector.yaml', 'utf8'));
  assert.equal(exporters['otlphttp/dashboard'].endpoint, `http://dashboard:${config.otlpHttpPort}`);
  for (const [kind, { exporters: names }] of Object.entries<{ exporters: string[] }>(service.pipelines))
    assert.ok(names.includes('otlphttp/dashboard'), kind);
  for (const name of [...serviceNames, 'gateway'])
    assert.equal(compose.services[name]?.environment?.OTEL_EXPORTER_OTLP_ENDPOINT, 'http://collector:4318');
});

test('simulators know what notification shows them', () => {
  const shown = environmentOf(compose.services.notification as Container);
  const known = environmentOf(compose.services.simulators as Container);
  for (const name of Object.keys(known).filter((each) => /^(WHATSAPP|FCM)_/.test(each))) {
    assert.equal(known[name], shown[name], name);
  }
});

test('every declared secret is a file that npm run secrets makes, and the other way round', () => {
  const declared = Object.values(compose.secrets).map(({ file }) => file.replace(/^\$\{KREKI_SECRETS:\?[^}]*\}\//, ''));
  assert.deepEqual(written.toSorted(), declared.toSorted());
  assert.deepEqual(
    declared.filter((path) => !existsSync(join(folder, 'secrets', path))),
    [],
  );
});

test('a secret is given to nobody but who needs it', () => {
  const holders = new Map<string, string[]>();
  for (const [name, { secrets = [] }] of containers) {
    for (const { source } of secrets) holders.set(source, [...(holders.get(source) ?? []), name]);
  }
  for (const name of serviceNames) {
    const own = [...holders].filter(([source]) => source.startsWith(`${name}-`));
    for (const [source, by] of own) {
      const allowed: readonly string[] = [
        name,
        `${name}-migrations`,
        ...(name === 'notification' ? ['simulators'] : []),
      ];
      assert.deepEqual(
        by.filter((holder) => !allowed.includes(holder)),
        [],
        source,
      );
    }
    assert.deepEqual(holders.get(`${name}-migrations-database-url`), [`${name}-migrations`]);
  }
});

test('making secrets again changes nothing; what a provider gave is kept; rotation changes what was named', () => {
  assert.deepEqual(makeSecrets(folder), { written: [], kept: [] });
  const file = join(folder, 'secrets/notification/SMTP_URL');
  rmSync(file);
  writeFileSync(file, 'smtps://kreki:own@mail.example:465\n');
  assert.deepEqual(makeSecrets(folder), { written: [], kept: ['notification/SMTP_URL'] });
  const before = (path: string) => readFileSync(join(folder, 'secrets', path), 'utf8');
  const [natsUrl, redisUrl, keys] = ['auth/NATS_URL', 'auth/REDIS_URL', 'auth/PERSONAL_DATA_KEYS'].map(before);
  const rotated = makeSecrets(folder, ['nats', 'personal-data']);
  assert.ok(rotated.written.includes('nats/authorization.conf'));
  assert.notEqual(before('auth/NATS_URL'), natsUrl);
  assert.equal(before('auth/REDIS_URL'), redisUrl);
  assert.match(before('auth/PERSONAL_DATA_KEYS'), /^2:\S{44},1:\S{44}\n$/);
  assert.ok(
    before('auth/PERSONAL_DATA_KEYS')
      .trim()
      .endsWith(keys?.trim() ?? '-'),
  );
});

test('.env is told what is missing there, and nothing that it says is changed', (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'kreki-env-')), '.env');
  t.after(() => rmSync(join(file, '..'), { recursive: true }));
  assert.equal(nameInEnv(file, { KREKI_SECRETS: './a', COMPOSE_PROFILES: 'simulators' }).length, 2);
  assert.deepEqual(nameInEnv(file, { KREKI_SECRETS: './b', KREKI_BIND: '0.0.0.0' }), ['KREKI_BIND=0.0.0.0']);
  assert.equal(readFileSync(file, 'utf8'), 'KREKI_SECRETS=./a\nCOMPOSE_PROFILES=simulators\nKREKI_BIND=0.0.0.0\n');
});
