import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { gateway, hostingOf, serviceNames, services } from '../../topology.ts';
import { images, platform, registry } from '../versions.ts';
import { collect, ofKind, ROOT, type Spec } from './manifests.ts';
import { validate } from './schemas.ts';

const text = readFileSync('docs/operations.md', 'utf8');
const production = collect(`${ROOT}/overlays/production`);

/** Rows of every table, each cell trimmed. */
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').slice(1, -1))
  .map((cells) => cells.map((cell) => cell.trim()));

test('a cluster is installed with the versions that the manifests are made for', () => {
  const { kubernetes, linkerd, ...installed } = platform;
  const commands = text.replaceAll(/^\|.*$/gm, '');
  for (const [part, version] of Object.entries(installed)) assert.ok(commands.includes(version), `${part} ${version}`);
  // Linkerd's charts of edge-26.9.1 are 2026.9.1.
  const charts = [...commands.matchAll(/--repo https:\/\/helm\.linkerd\.io\/edge --version (\S+)/g)].map(
    ([, at]) => at,
  );
  assert.ok(charts.length >= 4);
  assert.deepEqual([...new Set(charts)], [linkerd.replace('edge-', '20')]);
  const table = rows.filter((cells) => cells.length === 2).map(([, version]) => version);
  for (const version of Object.values(platform)) assert.ok(table.includes(version), `the table lacks ${version}`);
  assert.ok(table.includes(kubernetes));
});

test('images are built under the names that the manifests pull', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  assert.ok(text.includes(`--tag ${registry}/$service:${version}`));
  const [, built] = /for service in (.*); do\n {2}docker build/.exec(text) ?? [];
  assert.deepEqual(built?.split(' '), [...serviceNames, 'gateway', 'dashboard']);
  const [, upgraded] = /for service in (.*); do +# who is called/.exec(text) ?? [];
  assert.deepEqual(upgraded?.split(' '), [...serviceNames, 'gateway']);
});

test('the store of secrets is told to hold what the manifests ask it for, and nothing else', () => {
  const asked = new Map<string, Set<string>>();
  for (const { spec } of ofKind(production, 'ExternalSecret')) {
    for (const { remoteRef } of spec.data as Spec[]) {
      asked.set(remoteRef.key, (asked.get(remoteRef.key) ?? new Set()).add(remoteRef.property));
    }
  }
  const told = rows.filter(([entry]) => /^`kreki\/\w+`$/.test(entry ?? ''));
  assert.deepEqual(told.map(([entry]) => entry?.replaceAll('`', '')).toSorted(), [...asked.keys()].toSorted());
  for (const [entry = '', properties = ''] of told) {
    const named = [...properties.matchAll(/`([a-z][\w-]*)`/g)].map(([, name]) => name);
    assert.deepEqual(named.toSorted(), [...(asked.get(entry.replaceAll('`', '')) ?? [])].toSorted(), entry);
  }
});

test('each process is said to run where, and as often as, the topology has it', () => {
  for (const name of [...serviceNames, 'gateway'] as const) {
    const { tier } = name === 'gateway' ? gateway : services[name];
    const { site, replicas } = hostingOf(name);
    const row = rows.find(([process, , , count]) => process === name && count !== undefined);
    assert.deepEqual(row?.slice(0, 4), [name, String(tier), site, replicas.join('–')]);
  }
});

test('the cluster that a database is restored into is such as the operator takes, of the same image, and let through the network', () => {
  const [, written = ''] = /kubectl apply -f - <<'YAML'\n([\s\S]*?)YAML/.exec(text) ?? [];
  const restored = parse(written);
  validate({ ...restored, file: 'docs/operations.md' });
  const origin = ofKind(production, 'Cluster').find(({ metadata }) => metadata.name === 'postgres-tier-1');
  assert.equal(restored.spec.imageName, images.cluster);
  assert.equal(restored.spec.storage.size, origin?.spec.storage.size);
  assert.deepEqual(restored.spec.inheritedMetadata, origin?.spec.inheritedMetadata);
  const [{ plugin }] = restored.spec.externalClusters;
  assert.equal(plugin.name, origin?.spec.plugins[0].name);
  assert.ok(
    ofKind(production, 'ObjectStore').some(({ metadata }) => metadata.name === plugin.parameters.barmanObjectName),
  );
  const walls = ofKind(production, 'NetworkPolicy').find(({ metadata }) => metadata.name === 'postgres-tier-1');
  assert.ok(walls?.spec.podSelector.matchExpressions[0].values.includes(restored.metadata.name));
});

test('metrics and npm commands that documents name exist', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const telemetry = readFileSync('docs/telemetry.md', 'utf8');
  for (const [metric] of text.matchAll(/kreki\.(?:\w+\.)+\w+(?=`)/g)) {
    if (!metric.startsWith('kreki.id')) assert.ok(telemetry.includes(`\`${metric}\``), metric);
  }
  for (const file of ['README.md', ...globSync('docs/**/*.md')]) {
    for (const [, script = ''] of readFileSync(file, 'utf8').matchAll(/npm run ([\w:-]+)/g))
      assert.ok(scripts[script], `${file}: npm run ${script}`);
  }
});

test('links of the documents lead somewhere', () => {
  for (const file of ['README.md', ...globSync('docs/**/*.md')]) {
    const content = readFileSync(file, 'utf8').replaceAll(/```[\s\S]*?```/g, '');
    for (const [, target = ''] of content.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const found = path === '' ? file : join(dirname(file), path);
      assert.ok(existsSync(found), `${file} → ${target}`);
      if (anchor) assert.ok(anchorsOf(found).includes(anchor), `${file} → ${target}`);
    }
  }
});

/** Anchors of headings, as GitHub makes them. */
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
