/**
 * `npm run check`, the direction of dependencies: apps → gateway → (gen, runtime) ← services; the topology may be read by all but apps. A service never imports
 * another service, it calls it through its contract; the runtime imports no domain.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { services } from '../topology.ts';
import { repository } from './folders.ts';

export interface Import {
  /** Importing file, relative to the repository. */
  readonly file: string;
  /** As written. */
  readonly specifier: string;
}

/** Parts that each kind of code may import besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  apps: ['gateway', 'gen'],
  gateway: ['gen', 'runtime', 'topology'],
  services: ['gen', 'runtime', 'topology'],
  runtime: ['gen'],
  issuer: ['runtime', 'topology'],
  gen: [],
};

/** What tests may import besides: the providers' stand-ins, the issuer of certificates, the rights at the servers, and any contract. Another service's code stays out of reach. */
const testing = { path: /(^|\/)(test|testing)\//, parts: ['gen', 'simulators', 'issuer', 'policy'] } as const;

const folders: readonly (readonly [part: string, pattern: RegExp])[] = [
  ['services', /^services\/([^/]+)/],
  ['apps', /^apps\/([^/]+)/],
  ['gateway', /^gateway(?=\/|$)/],
  ['runtime', /^mesh\/runtime(?=\/|$)/],
  ['gen', /^gen(?=\/|$)/],
  ['issuer', /^mesh\/issuer(?=\/|$)/],
  ['policy', /^mesh\/policy(?=\/|$)/],
  ['simulators', /^mesh\/simulators(?=\/|$)/],
  ['topology', /^mesh\/topology\.ts$/],
];

/** A sentence for each import that points the wrong way. */
export function findViolations(imports: readonly Import[], packages: ReadonlyMap<string, string>): string[] {
  return imports.flatMap(({ file, specifier }) => {
    const from = partOf(file);
    const target = resolveImport(file, specifier, packages);
    if (!from || !target) return [];
    const to = partOf(target) ?? { part: target.split('/').slice(0, 2).join('/'), owner: target };
    const permitted = allowed[from.part];
    if (!permitted || from.owner === to.owner) return [];
    if (testing.path.test(file) && testing.parts.some((part) => part === to.part)) return [];
    const domain = from.part === 'runtime' && isDomain(target);
    if (permitted.includes(to.part) && !domain) return [];
    if (domain) return [`${file} imports ${specifier}: the runtime knows no domain`];
    return [`${file} imports ${specifier}: ${from.part} may import ${permitted.join(', ') || 'nothing'} and itself`];
  });
}

/** Every static, dynamic and re-exporting import of a source text. */
export function findSpecifiers(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"]+)\1/g;
  return [...code.matchAll(pattern)].map((match) => match[2] ?? '');
}

/** Contracts of a service; but auth's, by which every service learns the keys that tokens are verified with. */
function isDomain(path: string): boolean {
  return Object.keys(services).some((name) => name !== 'auth' && path.startsWith(`gen/kreki/${name}/`));
}

function partOf(path: string): { part: string; owner: string } | undefined {
  for (const [part, pattern] of folders) {
    const match = pattern.exec(path);
    if (match) return { part, owner: match[0] };
  }
  return undefined;
}

/** Path inside the repository, or undefined for a package from outside. */
function resolveImport(file: string, specifier: string, packages: ReadonlyMap<string, string>): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(file), specifier);
  const name = specifier.split('/').slice(0, 2).join('/');
  const folder = packages.get(name);
  return folder && join(folder, specifier.slice(name.length));
}

/** Workspace packages by name: the folder each lies in. */
function readPackages(): Map<string, string> {
  const manifests = globSync('{gen,gateway,mesh/*,services/*,apps/*}/package.json', { cwd: repository });
  return new Map(
    manifests.map((manifest) => [JSON.parse(readFileSync(join(repository, manifest), 'utf8')).name, dirname(manifest)]),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = globSync('{gen,gateway,mesh,services,apps}/**/*.{ts,tsx,js}', {
    cwd: repository,
    exclude: (path) => /(^|\/)(node_modules|generated)(\/|$)/.test(path),
  });
  const imports = files.flatMap((file) =>
    findSpecifiers(readFileSync(join(repository, file), 'utf8')).map((specifier) => ({ file, specifier })),
  );
  const violations = findViolations(imports, readPackages());
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
