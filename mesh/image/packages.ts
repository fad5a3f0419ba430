/** Which packages a process needs to run, found as Node.js finds them. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The scope of the packages of this repository. */
export const SCOPE = '@kreki/';

export interface Closure {
  /** Folders of installed packages, relative to the repository. */
  readonly packages: readonly string[];
  /** Names of this repository's own packages, without their scope. */
  readonly workspaces: readonly string[];
}

export interface ClosureOptions {
  readonly folderOf: (workspace: string) => string;
  /** Packages that the workspace names and does not need once it is built. */
  readonly without: readonly string[];
}

/**
 * Everything that a workspace needs at run time. npm installs more even without development dependencies: optional peers, such as Prisma's
 * command line and TypeScript, are there because another workspace develops with them.
 * @throws Error when a package is missing that is not optional
 */
export function closureOf(repository: string, workspace: string, { folderOf, without }: ClosureOptions): Closure {
  const packages = new Set<string>();
  const workspaces = new Set<string>();

  const visit = (folder: string): void => {
    const manifest = readManifest(join(repository, folder));
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
    const needed = [
      ...Object.keys(dependencies).map((name) => [name, name in optionalDependencies] as const),
      ...Object.keys(optionalDependencies).map((name) => [name, true] as const),
      ...Object.keys(peerDependencies)
        .filter((name) => !peerDependenciesMeta[name]?.optional)
        .map((name) => [name, false] as const),
    ];
    for (const [name, optional] of needed) {
      if (folder === folderOf(workspace) && without.includes(name)) continue;
      if (name.startsWith(SCOPE)) {
        addWorkspace(name.slice(SCOPE.length));
        continue;
      }
      const found = find(repository, folder, name);
      if (!found && !optional) throw new Error(`${folder} needs ${name}, which is not installed`);
      if (!found || packages.has(found)) continue;
      packages.add(found);
      visit(found);
    }
  };
  const addWorkspace = (name: string): void => {
    if (workspaces.has(name)) return;
    workspaces.add(name);
    visit(folderOf(name));
  };

  addWorkspace(workspace);
  return { packages: [...packages].toSorted(), workspaces: [...workspaces].toSorted() };
}

/** The nearest `node_modules` at or above a folder that has the package. */
function find(repository: string, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(repository, candidate, 'package.json'))) return candidate;
    if (folder === '.') return undefined;
  }
}
