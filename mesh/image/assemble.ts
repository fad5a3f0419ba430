/**
 * `node mesh/image/assemble.ts <service> <folder>`: puts together what an image holds, from a repository whose dependencies are installed and
 * whose Prisma clients are generated: the workspace, those it needs, and their packages, in the same places as here. Nothing else.
 */
import { cpSync, existsSync, globSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { services } from '../topology.ts';
import { closureOf, readManifest, SCOPE } from './packages.ts';

/** Read by services and gateway, and part of no workspace. */
const SHARED = ['mesh/topology.ts'];

interface Built {
  /** What the process reads beside its workspaces. */
  readonly also: readonly string[];
  /** Sources of what was built. */
  readonly sources: string;
  /** Packages that are in what was built. */
  readonly packages: readonly string[];
}

/** Processes of which a part is built before: the dashboard serves its page as files. */
const built: Readonly<Record<string, Built>> = {
  dashboard: {
    also: ['mesh/policy/nats.ts', 'mesh/dashboard/page/dist'],
    sources: 'mesh/dashboard/page',
    packages: [
      ...['vite', '@vitejs/plugin-react', 'react', 'react-dom', 'wouter', '@connectrpc/connect-web'],
      ...['@xyflow/react', '@dagrejs/dagre', '@tanstack/react-virtual', 'uplot'],
    ],
  },
};

/** What is in a workspace for people and tools only. */
const LEFT_OUT = /^(node_modules|test|testing)$|\.(d\.ts|test\.ts|md|prisma)$/;

export interface Assembled {
  /** Its entry, relative to the folder. */
  readonly main: string;
  /** Packages from the registry. */
  readonly packages: number;
}

export function assemble(repository: string, service: string, folder: string): Assembled {
  const folders = workspaceFolders(repository);
  const folderOf = (workspace: string): string => {
    const found = folders.get(`${SCOPE}${workspace}`);
    if (!found) throw new Error(`there is no ${SCOPE}${workspace}, but ${[...folders.keys()].join(', ')}`);
    return found;
  };
  const { also = [], sources, packages: inside = [] } = built[service] ?? {};
  const { packages, workspaces } = closureOf(repository, service, { folderOf, without: inside });

  for (const path of workspaces.map(folderOf)) copy(repository, path, folder, LEFT_OUT, sources);
  for (const path of [...SHARED, ...also]) copy(repository, path, folder, LEFT_OUT);
  for (const path of packages) copy(repository, path, folder, /^node_modules$/);
  mkdirSync(join(folder, 'node_modules', SCOPE), { recursive: true });
  for (const workspace of workspaces) {
    const link = join(folder, 'node_modules', SCOPE, workspace);
    symlinkSync(relative(dirname(link), join(folder, folderOf(workspace))), link);
  }
  copy(repository, 'mesh/image/health.ts', folder, LEFT_OUT);
  if (service in services) copy(repository, 'mesh/image/read-again.ts', folder, LEFT_OUT);

  const main = `${folderOf(service)}/main.ts`;
  if (!existsSync(join(folder, main))) throw new Error(`${SCOPE}${service} is no process: it has no main.ts`);
  const { version } = readManifest(join(repository, folderOf(service)));
  const manifest = { name: `kreki-${service}`, version, private: true, type: 'module', main };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { main, packages: packages.length };
}

function copy(repository: string, path: string, folder: string, leftOut: RegExp, without?: string): void {
  const source = join(repository, path);
  if (!existsSync(source)) throw new Error(`${path} is not there: was it built?`);
  const other = without && join(repository, without);
  cpSync(source, join(folder, path), {
    recursive: true,
    filter: (file) => file === source || (!leftOut.test(basename(file)) && file !== other),
  });
}

/** Folder of each workspace by its name. */
function workspaceFolders(repository: string): Map<string, string> {
  const { workspaces = [] } = readManifest(repository);
  const manifests = globSync(
    workspaces.map((pattern) => `${pattern}/package.json`),
    { cwd: repository },
  );
  return new Map(manifests.map((path) => [readManifest(join(repository, dirname(path))).name ?? '', dirname(path)]));
}

if (import.meta.main) {
  const [service, folder] = process.argv.slice(2);
  if (!service || !folder) throw new Error('usage: node mesh/image/assemble.ts <service> <folder>');
  const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const { main, packages } = assemble(repository, service, resolve(folder));
  console.log(`${folder}: ${main} with ${packages} packages`);
}
