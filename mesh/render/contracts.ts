/** The contracts of the mesh, by name, as the stubs describe them. */
import { globSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRegistry, type DescFile, type DescService } from '@bufbuild/protobuf';

const gen = fileURLToPath(new URL('../../gen', import.meta.url));
const modules = await Promise.all(
  globSync('kreki/*/v1/*_service_pb.js', { cwd: gen }).map((path) => import(pathToFileURL(`${gen}/${path}`).href)),
);
const isFile = (value: unknown): value is DescFile => (value as { kind?: string }).kind === 'file';
const registry = createRegistry(...modules.flatMap((module) => Object.values(module).filter(isFile)));

/** @throws Error when no contract has a service of that name */
export function contractOf(typeName: string): DescService {
  const found = registry.getService(typeName);
  if (!found) throw new Error(`no contract has a service ${typeName}`);
  return found;
}
