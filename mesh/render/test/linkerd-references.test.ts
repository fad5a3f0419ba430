import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { deploymentSettings } from '../kubernetes/place.ts';
import {
  collect,
  idOf,
  type Manifest,
  matches,
  ofKind,
  overlays,
  ROOT,
  readKustomization,
  type Spec,
} from './manifests.ts';

const base = collect(`${ROOT}/base`);
const cluster = collect(`${ROOT}/cluster`);
const deployments = ofKind(base, 'Deployment');
const podLabels = (deployment: Manifest): Record<string, string> => deployment.spec.template.metadata.labels;

/** What charts and operators make besides: accounts, and pods with the ports that they declare. */
const fromCharts = [
  { account: 'nats', labels: { 'app.kubernetes.io/name': 'nats' }, ports: [4222, 6222, 8222] },
  { account: 'valkey', labels: { 'app.kubernetes.io/name': 'valkey' }, ports: [6379] },
];
const accounts = [
  ...ofKind(base, 'ServiceAccount').map(({ metadata }) => metadata.name),
  ...fromCharts.map(({ account }) => account),
];

for (const name of overlays) {
  const folder = `${ROOT}/overlays/${name}`;
  const everything = collect(folder);

  test(`${name}: nothing is there twice, and everything is in a namespace that there is`, () => {
    const ids = everything.map(idOf);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
    for (const manifest of everything.filter(({ kind }) => kind !== 'Namespace')) {
      assert.equal(manifest.metadata.namespace, 'kreki', idOf(manifest));
    }
  });

  test(`${name}: patches meet what they change`, () => {
    for (const { target, patch } of readKustomization(folder).patches ?? []) {
      const targets = everything.filter(
        ({ kind, apiVersion, metadata }) =>
          kind === target.kind &&
          (!target.group || apiVersion.startsWith(`${target.group}/`)) &&
          (!target.name || metadata.name === target.name),
      );
      assert.ok(targets.length > 0, JSON.stringify(target));
      for (const manifest of targets) {
        for (const { path } of parse(patch)) {
          const found = path
            .slice(1)
            .split('/')
            .reduce((value: Spec, key: string) => value?.[key], manifest);
          assert.notEqual(found, undefined, `${idOf(manifest)} ${path}`);
        }
      }
    }
  });

  test(`${name}: every image of our own gets a registry and a version`, () => {
    const own = new Set(
      deployments.flatMap(({ spec }) =>
        [...(spec.template.spec.initContainers ?? []), ...spec.template.spec.containers]
          .map(({ image }: { image: string }) => image)
          .filter((image: string) => image.startsWith('kreki/')),
      ),
    );
    const { images } = readKustomization(folder);
    assert.deepEqual(images.map((image: { name: string }) => image.name).toSorted(), [...own].toSorted());
    for (const { newTag } of images) assert.match(newTag, /^\d+\.\d+\.\d+/);
  });

  test(`${name}: a ConfigMap is made for whatever refers to one, with all that it has to say`, () => {
    const made = new Map<string, string[]>();
    for (const [from, generators] of [
      [`${ROOT}/base`, readKustomization(`${ROOT}/base`).configMapGenerator],
      [folder, readKustomization(folder).configMapGenerator],
    ] as const) {
      for (const { name: map, files = [], literals = [] } of generators) {
        made.set(
          map,
          literals.map((literal: string) => literal.split('=')[0]),
        );
        for (const file of files) assert.ok(existsSync(join(from, file.split('=').at(-1))), file);
      }
    }
    for (const { spec } of deployments) {
      const pod = spec.template.spec;
      const volumes = (pod.volumes ?? []).flatMap(({ configMap }: Spec) => configMap?.name ?? []);
      const environments = pod.containers.flatMap(({ envFrom = [] }: Spec) =>
        envFrom.map((each: Spec) => each.configMapRef.name),
      );
      for (const map of [...volumes, ...environments]) assert.ok(made.has(map), map);
    }
    for (const [process, variables] of Object.entries(deploymentSettings)) {
      assert.deepEqual(made.get(`${process}-settings`), variables);
    }
  });

  test(`${name}: a secret that is mounted is made by somebody`, () => {
    const made = new Set([
      ...ofKind(everything, 'ExternalSecret').map(({ spec }) => spec.target.name),
      ...ofKind(everything, 'Certificate').map(({ spec }) => spec.secretName),
      // CloudNativePG's own.
      ...ofKind(everything, 'Cluster').map(({ metadata }) => `${metadata.name}-ca`),
    ]);
    for (const { spec } of deployments) {
      for (const { secret } of spec.template.spec.volumes) {
        if (secret) assert.ok(made.has(secret.secretName), secret.secretName);
      }
    }
    for (const { spec } of ofKind(everything, 'Cluster')) {
      for (const role of spec.managed.roles) assert.ok(made.has(role.passwordSecret.name), role.name);
      for (const { parameters } of spec.plugins) {
        assert.ok(
          ofKind(everything, 'ObjectStore').some(({ metadata }) => metadata.name === parameters.barmanObjectName),
        );
      }
    }
    for (const { spec } of ofKind(everything, 'Gateway')) {
      for (const { tls } of spec.listeners)
        for (const { name: certificate } of tls?.certificateRefs ?? []) assert.ok(made.has(certificate));
    }
  });

  test(`${name}: routes lead from something that is there to something that is there`, () => {
    const exists = (kind: string, wanted: string) =>
      everything.some((each) => each.kind === kind && each.metadata.name === wanted);
    const port = (service: string, wanted: number) =>
      ofKind(everything, 'Service').some(
        ({ metadata, spec }) => metadata.name === service && spec.ports.some((each: Spec) => each.port === wanted),
      );
    for (const kind of ['GRPCRoute', 'HTTPRoute', 'TLSRoute']) {
      for (const route of ofKind(everything, kind)) {
        for (const parent of route.spec.parentRefs) {
          const parentKind = parent.kind ?? 'Gateway';
          assert.ok(exists(parentKind, parent.name), `${idOf(route)}: ${parentKind} ${parent.name}`);
          if (parentKind === 'Service')
            assert.ok(port(parent.name, parent.port), `${idOf(route)}: port ${parent.port}`);
          if (parent.sectionName) {
            const gateway = ofKind(everything, 'Gateway').find(({ metadata }) => metadata.name === parent.name);
            assert.ok(
              gateway?.spec.listeners.some((each: Spec) => each.name === parent.sectionName),
              idOf(route),
            );
          }
        }
        for (const { backendRefs = [], matches: matched = [] } of route.spec.rules) {
          assert.ok(matched.length <= 8, `${idOf(route)}: Gateway API takes 8 matches in a rule`);
          for (const backend of backendRefs) {
            if (backend.kind) assert.ok(exists(backend.kind, backend.name), idOf(route));
            else assert.ok(port(backend.name, backend.port), `${idOf(route)}: ${backend.name}:${backend.port}`);
          }
        }
      }
    }
  });
}

test('services, budgets and autoscalers reach the pods that they mean', () => {
  for (const service of ofKind(base, 'Service')) {
    const target = deployments.find((deployment) => matches(service.spec.selector, podLabels(deployment)));
    assert.ok(target, idOf(service));
    const ports = target.spec.template.spec.containers.flatMap((container: Spec) =>
      container.ports.map((each: Spec) => each.name),
    );
    for (const { targetPort } of service.spec.ports)
      assert.ok(ports.includes(targetPort), `${idOf(service)}: ${targetPort}`);
  }
  for (const budget of ofKind(base, 'PodDisruptionBudget')) {
    assert.ok(
      deployments.some((deployment) => matches(budget.spec.selector.matchLabels, podLabels(deployment))),
      idOf(budget),
    );
  }
  for (const scaler of ofKind(base, 'HorizontalPodAutoscaler')) {
    const { kind, name } = scaler.spec.scaleTargetRef;
    const target = base.find((each) => each.kind === kind && each.metadata.name === name);
    const names = target?.spec.template.spec.containers.map((container: Spec) => container.name);
    for (const { containerResource } of scaler.spec.metrics) assert.ok(names.includes(containerResource.container));
    assert.equal(target?.spec.replicas, undefined, `${name}: who says how many?`);
  }
  for (const deployment of deployments) {
    assert.ok(matches(deployment.spec.selector.matchLabels, podLabels(deployment)), idOf(deployment));
  }
});

test('every pod runs as an account, with a priority, of its own', () => {
  const priorities = ofKind(cluster, 'PriorityClass').map(({ metadata }) => metadata.name);
  for (const deployment of deployments) {
    const { serviceAccountName, priorityClassName } = deployment.spec.template.spec;
    assert.equal(serviceAccountName, deployment.metadata.name);
    assert.ok(accounts.includes(serviceAccountName) && priorities.includes(priorityClassName), idOf(deployment));
  }
  for (const { spec } of ofKind(base, 'Cluster')) assert.ok(priorities.includes(spec.priorityClassName));
});

test('policies speak of servers, routes and accounts that there are', () => {
  const exists = (kind: string, name: string) => base.some((each) => each.kind === kind && each.metadata.name === name);
  for (const policy of ofKind(base, 'AuthorizationPolicy')) {
    const { targetRef, requiredAuthenticationRefs } = policy.spec;
    assert.ok(exists(targetRef.kind, targetRef.name), `${idOf(policy)}: ${targetRef.kind} ${targetRef.name}`);
    for (const { kind, name } of requiredAuthenticationRefs)
      assert.ok(exists(kind, name), `${idOf(policy)}: ${kind} ${name}`);
  }
  for (const authentication of ofKind(base, 'MeshTLSAuthentication')) {
    for (const { kind, name } of authentication.spec.identityRefs ?? []) {
      assert.equal(kind, 'ServiceAccount');
      assert.ok(accounts.includes(name), `${idOf(authentication)}: ${name}`);
    }
  }
  for (const server of ofKind(base, 'Server')) {
    const selector = server.spec.podSelector.matchLabels;
    const own = deployments
      .filter((deployment) => matches(selector, podLabels(deployment)))
      .flatMap(({ spec }) => spec.template.spec.containers.flatMap((container: Spec) => container.ports))
      .flatMap(({ name, containerPort }: Spec) => [name, containerPort]);
    const others = fromCharts
      .filter(({ labels }) => matches(selector, labels))
      .flatMap(({ ports }) => ports as unknown[]);
    assert.ok([...own, ...others].includes(server.spec.port), `${idOf(server)}: port ${server.spec.port}`);
  }
});

test('a template of a secret uses what it fetches, and fetches what it uses', () => {
  for (const secret of ofKind(collect(`${ROOT}/overlays/production`), 'ExternalSecret')) {
    const used = new Set(
      Object.values<string>(secret.spec.target.template.data).flatMap((template) =>
        [...template.matchAll(/\{\{ \.(\w+)/g)].map(([, name]) => name),
      ),
    );
    assert.deepEqual(
      [...used].toSorted(),
      secret.spec.data.map((each: Spec) => each.secretKey).toSorted(),
      idOf(secret),
    );
  }
});
