import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { collect, idOf, type Manifest, overlays, ROOT, readManifests } from './manifests.ts';
import { validate } from './schemas.ts';

const manifests = [
  ...collect(`${ROOT}/base`),
  ...collect(`${ROOT}/cluster`),
  ...overlays.flatMap((name) => collect(`${ROOT}/overlays/${name}`).filter(({ file }) => file.includes('overlays'))),
];

test('every manifest is what its schema wants', () => {
  const wrong = manifests.flatMap((manifest) => {
    try {
      validate(manifest);
      return [];
    } catch (error) {
      return [`${manifest.file} ${idOf(manifest)}: ${(error as Error).message}`];
    }
  });
  assert.deepEqual(wrong, []);
  assert.ok(manifests.length > 150, `only ${manifests.length} manifests were found`);
});

test('the schemas see what is wrong: a missing part, a wrong type, a field that no one knows', () => {
  const spoilt = (kind: string, spoil: (spec: Manifest['spec']) => void) => {
    const found = manifests.find((manifest) => manifest.kind === kind);
    assert.ok(found, kind);
    const copy = structuredClone(found);
    spoil(copy.spec);
    return () => validate(copy);
  };
  assert.throws(spoilt('Deployment', (spec) => delete spec.selector));
  assert.throws(spoilt('HorizontalPodAutoscaler', (spec) => Object.assign(spec, { maxReplicas: 'many' })));
  assert.throws(spoilt('GRPCRoute', (spec) => Object.assign(spec.rules[0].matches[0].method, { service: 7 })));
  assert.throws(spoilt('Cluster', (spec) => Object.assign(spec, { instances: '3' })));
  assert.throws(
    spoilt('Server', (spec) => Object.assign(spec, { proxyProtocol: 'grpc' })),
    /proxyProtocol/,
  );
  assert.throws(
    spoilt('AuthorizationPolicy', (spec) => delete spec.targetRef.kind),
    /kind is missing/,
  );
  assert.throws(
    spoilt('EgressNetwork', (spec) => Object.assign(spec, { policy: 'Deny' })),
    /policy is unknown/,
  );
});

test('names, labels and annotations are such as Kubernetes takes', () => {
  for (const { file, metadata } of manifests) {
    assert.match(metadata.name, /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/, `${file}: ${metadata.name}`);
    for (const value of Object.values(metadata.labels ?? {}))
      assert.match(value, /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/);
    for (const value of Object.values(metadata.annotations ?? {})) assert.equal(typeof value, 'string', file);
  }
});

test('every file below mesh/linkerd is listed by a kustomization, or is the values of a chart', () => {
  const listed = new Set(manifests.map(({ file }) => file));
  const unlisted = globSync(`${ROOT}/**/*.yaml`).filter(
    (file) => !listed.has(file) && !/\/(kustomization|otel-collector)\.yaml$|\/charts\//.test(file),
  );
  assert.deepEqual(unlisted, []);
  for (const file of globSync(`${ROOT}/charts/*.yaml`)) assert.equal(readManifests(file).length, 1, file);
});
