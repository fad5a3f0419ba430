/** The rendered manifests as tests read them: from the files, as kustomize would list them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

// biome-ignore lint/suspicious/noExplicitAny: what a manifest holds depends on its kind.
export type Spec = any;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec: Spec;
  /** Where it was read. */
  readonly file: string;
}

export const ROOT = 'mesh/linkerd';
export const overlays = ['staging', 'production'] as const;

export function readManifests(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]?.message}`);
    return { ...document.toJS(), file };
  });
}

export const readKustomization = (folder: string): Spec => readManifests(join(folder, 'kustomization.yaml'))[0];

/** Everything that a folder's kustomization takes together, the folders that it names included. */
export function collect(folder: string): Manifest[] {
  const { resources } = readKustomization(folder);
  return resources.flatMap((resource: string) => {
    const path = join(folder, resource);
    if (!existsSync(path)) throw new Error(`${folder}/kustomization.yaml lists ${resource}, which is not there`);
    return resource.endsWith('.yaml') ? readManifests(path) : collect(path);
  });
}

export const ofKind = (manifests: readonly Manifest[], kind: string): Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind);

export const idOf = ({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string =>
  `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;

export const matches = (selector: Record<string, string>, labels: Record<string, string> = {}): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);
