import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type BroughtUp, bringUp } from '../../local/bring-up.ts';
import { buildPage } from '../../local/build-page.ts';
import type { Environment } from '../../local/environment.ts';
import { dataFolder, repository } from '../../local/folders.ts';
import { NODE_FLAGS } from '../../local/nodes.ts';
import { type Ports, readPorts } from '../../local/ports.ts';
import { Processes } from '../../local/processes.ts';
import { removeServerData } from '../../local/servers/provide.ts';
import { Steps } from '../../local/steps.ts';
import { findFreePort } from '../../runtime/testing/free-port.ts';
import { serviceNames } from '../../topology.ts';
import { assemble } from '../assemble.ts';
import { carryOut } from './dockerfile.ts';

const run = promisify(execFile);
const node = join(repository, 'node_modules/.bin/node');

mkdirSync(join(dataFolder, 'test'), { recursive: true, mode: 0o711 });
const folder = mkdtempSync(join(dataFolder, 'test/image-'));
const processes = new Processes({ folder, onEnd: () => {} });
const told = new Map<string, Environment>();
let mesh: BroughtUp;

const imageOf = (name: string) => join(folder, 'images', name);

before(async () => {
  const steps = new Steps();
  await buildPage(steps);
  for (const name of [...serviceNames, 'gateway', 'dashboard', 'simulators', 'issuer']) {
    assemble(repository, name, imageOf(name));
  }
  mesh = await bringUp({
    folder,
    env: { PATH: process.env.PATH },
    disposable: true,
    ports: await freePorts(),
    processes,
    steps,
    dashboard: true,
    adapt: (name, environment) => {
      told.set(name, environment);
      return environment;
    },
    program: (name) => ({ args: ['.'], cwd: imageOf(name) }),
  });
});

after(async () => {
  await processes.stop();
  removeServerData(folder);
  rmSync(folder, { recursive: true, force: true });
});

test('a mesh of nothing but what the images hold comes up, and a person registers, signs in and asks for emergencies', async () => {
  const { edgeUrl } = mesh.mesh;
  const person = {
    email: 'warga@kreki.example',
    password: 'Panggil119',
    fullName: 'Warga Jakarta',
    phone: '+6281190000119',
  };
  const registered = await call(`${edgeUrl}/api/auth/register`, person);
  assert.equal(registered.status, 200, await registered.clone().text());
  const signedIn = await call(`${edgeUrl}/api/auth/login`, { email: person.email, password: person.password });
  const { accessToken } = (await signedIn.json()) as { accessToken: string };
  const active = await fetch(`${edgeUrl}/api/emergency/active`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  assert.equal(active.status, 200, await active.clone().text());
});

test('the dashboard of an image shows its page, and refuses who has not signed in', async () => {
  const { origin } = new URL(mesh.mesh.dashboardUrl ?? '');
  const page = await fetch(origin);
  assert.match(await page.text(), /<script type="module"/);
  const viewer = await call(`${origin}/kreki.mesh.v1.SessionService/GetViewer`, {});
  assert.equal(viewer.status, 401, await viewer.clone().text());
});

test('the health check of each image tells a process that serves from one that does not', async () => {
  for (const [name, environment] of told) {
    const check = (env: Environment) => run(node, ['mesh/image/health.ts'], { cwd: imageOf(name), env });
    await check(environment);
    const elsewhere = { SERVICE_PORT: '1', HTTP_PORT: '1' };
    await assert.rejects(check({ ...environment, ...elsewhere }), { code: 1 }, name);
  }
});

test('the issuer of an image gives every process its certificate', async (t) => {
  const [AUTHORITY_FOLDER, IDENTITIES_FOLDER] = [join(folder, 'authority'), join(folder, 'issued')];
  const issuer = spawn(node, ['.'], {
    cwd: imageOf('issuer'),
    env: { PATH: process.env.PATH, AUTHORITY_FOLDER, IDENTITIES_FOLDER },
    stdio: 'ignore',
  });
  t.after(() => issuer.kill());
  const made = () =>
    [...serviceNames, 'gateway'].every((name) => existsSync(join(IDENTITIES_FOLDER, name, 'identity.pem')));
  for (let tries = 0; tries < 600 && !made(); tries++) await sleep(100);
  assert.ok(made());
});

test('an image holds no test, no development tool and no manual', () => {
  for (const name of told.keys()) {
    const files = globSync('{gateway,services,mesh,gen}/**/*', { cwd: imageOf(name) });
    const needless = files.filter((file) => /(^|\/)(test|testing)(\/|$)|\.(test\.ts|d\.ts|md|prisma)$/.test(file));
    assert.deepEqual(needless, [], name);
    for (const tool of ['prisma', 'typescript', '@biomejs/biome', 'react', 'effect']) {
      assert.ok(!existsSync(join(imageOf(name), 'node_modules', tool)), `${name} holds ${tool}`);
    }
  }
});

test('an image holds only the services that it runs', () => {
  for (const name of told.keys()) {
    const others = globSync('{services/*,gateway,mesh/{dashboard,simulators}}', { cwd: imageOf(name) });
    assert.equal(others.length, 1, `${name}: ${others}`);
  }
});

test('the Dockerfile, step by step, makes the same image from the registry', async () => {
  const scratch = mkdtempSync(join(folder, 'docker-'));
  const built = await carryOut(repository, { SERVICE: 'simulators' }, scratch);
  assert.deepEqual(filesOf(built.folder), filesOf(imageOf('simulators')));
  assert.deepEqual(built.command, ['node', ...NODE_FLAGS, '.']);
  assert.deepEqual(built.healthcheck, ['node', 'mesh/image/health.ts']);
  assert.equal(built.environment.SERVICE_NAME, 'simulators');
});

function filesOf(root: string): string[] {
  return globSync('**/*', { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}

const call = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

async function freePorts(): Promise<Ports> {
  const { services, servers, ...others } = readPorts({});
  const env: Record<string, string> = {};
  for (const { variable } of [...Object.values(others), ...Object.values(services), ...Object.values(servers)]) {
    env[variable] = String(await findFreePort());
  }
  return readPorts(env);
}
