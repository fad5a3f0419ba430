import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { hostingOf, serviceNames, services } from '../../topology.ts';
import { processNames, tierOf } from '../kubernetes/names.ts';
import { collect, type Manifest, ofKind, ROOT, type Spec } from './manifests.ts';

const base = collect(`${ROOT}/base`);
const deployments = ofKind(base, 'Deployment');
const folder = mkdtempSync(join(tmpdir(), 'kreki-pods-'));
after(() => rmSync(folder, { recursive: true }));

const podOf = (name: string): Spec => {
  const found = deployments.find(({ metadata }) => metadata.name === name);
  assert.ok(found, name);
  return found.spec.template.spec;
};
const secrets = new Map(ofKind(base, 'ExternalSecret').map((secret) => [secret.spec.target.name, secret]));

/** A value of the kind that the store would hold. */
function sample(property: string): string {
  const key = randomBytes(32).toString('base64');
  if (property === 'personal-data-keys') return `1:${key}`;
  if (property === 'smtp-url') return 'smtps://kreki:pass@smtp.kreki.id:465';
  return /key|secret/.test(property) ? key : randomBytes(24).toString('hex');
}

/** A container's environment as its process reads it, its mounted secrets being files here. */
function environmentOf(pod: Spec, container: Spec): Record<string, string> {
  for (const { name, mountPath } of container.volumeMounts) {
    const secret: Manifest | undefined = secrets.get(
      pod.volumes.find((each: Spec) => each.name === name)?.secret?.secretName,
    );
    if (!secret) continue;
    const fetched = new Map<string, string>(
      secret.spec.data.map((each: Spec) => [each.secretKey, sample(each.remoteRef.property)]),
    );
    for (const [key, template] of Object.entries<string>(secret.spec.target.template.data)) {
      const file = join(folder, mountPath, key);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(
        file,
        template.replaceAll(/\{\{ \.(\w+)( \| urlquery)? \}\}/g, (_, wanted) => fetched.get(wanted) ?? ''),
      );
    }
  }
  const own = container.env.map(({ name, value, valueFrom }: Spec) => [
    name,
    /_FILE$/.test(name) ? join(folder, value) : (value ?? (valueFrom ? 'kreki' : '')),
  ]);
  const given = {
    FCM_PROJECT_ID: 'kreki',
    WHATSAPP_PHONE_NUMBER_ID: '1',
    MAIL_FROM: 'KREKI <a@kreki.id>',
    CORS_ORIGINS: '',
  };
  return { ...(container.envFrom && given), ...Object.fromEntries(own) };
}

test('each service and its migrations start with what their containers tell them', async () => {
  for (const name of serviceNames) {
    const { readConfig } = await import(`../../../services/${name}/config.ts`);
    const pod = podOf(name);
    const [, migrations] = pod.initContainers;
    const running = readConfig(environmentOf(pod, pod.containers[0]));
    assert.equal(running.mesh.identity, 'linkerd');
    assert.equal(running.natsReplicas, 3);
    const cluster = `postgres-tier-${services[name].tier}-rw`;
    assert.match(
      running.databaseUrl,
      new RegExp(`^postgresql://kreki_${name}:\\w+@${cluster}:5432/kreki_${name}\\?sslmode=verify-full&`),
    );
    assert.match(
      readConfig(environmentOf(pod, migrations)).databaseUrl,
      new RegExp(`^postgresql://kreki_${name}_owner:`),
    );
  }
});

test('the edge starts with what its container tells it', async () => {
  const { readConfig } = await import('../../../gateway/config.ts');
  const pod = podOf('gateway');
  const config = readConfig(environmentOf(pod, pod.containers[0]));
  assert.equal(config.mesh.identity, 'linkerd');
  assert.deepEqual(
    Object.values(config.upstreams),
    serviceNames.map((name) => `http://${name}:${services[name].port}`),
  );
});

test('the dashboard starts with what its container tells it', async () => {
  const { readConfig } = await import('../../dashboard/config.ts');
  const pod = podOf('dashboard');
  const config = readConfig(environmentOf(pod, pod.containers[0]));
  assert.match(config.natsUrl ?? '', /^nats:\/\/operator:\w+@nats:4222$/);
  assert.equal(config.edgeUrl, 'http://gateway:8080');
  assert.deepEqual([config.mesh.identity, config.serviceUrls.auth], ['linkerd', 'http://auth:8101']);
  const [{ mountPath }] = pod.containers[0].volumeMounts.filter(({ name }: Spec) => name === 'state');
  assert.ok(config.objectivesFile?.startsWith(`${join(folder, mountPath)}/`));
});

test('no variable is told to a process that does not read it', () => {
  const read = new Set(
    [
      ...globSync('{services/*,gateway,mesh/dashboard}/config.ts'),
      'mesh/runtime/config.ts',
      'mesh/runtime/process.ts',
    ].flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g)].map(([, name]) => name),
    ),
  );
  for (const name of [...processNames, 'dashboard']) {
    for (const { name: variable } of podOf(name).containers[0].env) {
      if (/^(OTEL_|POD_IP$|[A-Z]+_URL$)/.test(variable)) continue;
      const known = read.has(variable) || read.has(variable.replace(/_FILE$/, ''));
      assert.ok(known, `${name}: ${variable}`);
    }
  }
});

test('every container of our own is as restricted as Kubernetes knows', () => {
  for (const { metadata, spec } of deployments) {
    const pod = spec.template.spec;
    assert.equal(pod.securityContext.runAsNonRoot, true, metadata.name);
    assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault', metadata.name);
    assert.equal(pod.automountServiceAccountToken, false, metadata.name);
    for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
      const id = `${metadata.name}/${container.name}`;
      assert.deepEqual(
        container.securityContext,
        { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        id,
      );
      for (const kind of ['requests', 'limits']) {
        assert.ok(container.resources[kind].cpu && container.resources[kind].memory, `${id}: ${kind}`);
      }
    }
  }
});

test('a process is asked whether it lives apart from whether it serves, and has time to end', () => {
  for (const name of processNames) {
    const pod = podOf(name);
    const [container] = pod.containers;
    if (name === 'gateway') {
      assert.equal(container.livenessProbe.httpGet.path, '/healthz');
      assert.equal(container.readinessProbe.httpGet.path, '/readyz');
    } else {
      assert.equal(container.livenessProbe.grpc.service, 'liveness');
      assert.equal(container.readinessProbe.grpc.service, undefined);
    }
    // The runtime gives up after 15 seconds.
    assert.ok(pod.terminationGracePeriodSeconds > container.lifecycle.preStop.sleep.seconds + 15, name);
  }
});

test('tiers decide how many there are, how important, and where', () => {
  for (const name of processNames) {
    const pod = podOf(name);
    const { site, replicas } = hostingOf(name);
    const scaler = ofKind(base, 'HorizontalPodAutoscaler').find(({ metadata }) => metadata.name === name);
    assert.deepEqual([scaler?.spec.minReplicas, scaler?.spec.maxReplicas], replicas);
    assert.equal(pod.priorityClassName, `kreki-tier-${tierOf(name)}`);
    assert.equal(pod.nodeSelector?.['kreki.id/site'], site === 'premium' ? 'premium' : undefined);
  }
  const values = ofKind(collect(`${ROOT}/cluster`), 'PriorityClass').map((each: Spec) => each.value);
  assert.deepEqual(
    values,
    values.toSorted((a, b) => b - a),
  );
});

test('no file holds the value of a secret', () => {
  for (const file of [
    ...globSync(`${ROOT}/**/*.{yaml,sql}`),
    'docker-compose.yml',
    ...globSync('mesh/compose/*.{yaml,sql,conf}'),
  ]) {
    const text = readFileSync(file, 'utf8');
    assert.doesNotMatch(text, /^kind: Secret$/m, file);
    assert.doesNotMatch(text, /PRIVATE KEY|[0-9a-f]{32}|[A-Za-z0-9+/]{43}=/, file);
    for (const [, value] of text.matchAll(/\bpassword: +(\S.*)/g))
      assert.match(value ?? '', /^(<< \$|'?\{\{ |:')/, `${file}: ${value}`);
    for (const [, password] of text.matchAll(/\w+:\/\/[\w.-]+:([^@\s]+)@/g))
      assert.match(password ?? '', /^\{\{ /, file);
  }
});
