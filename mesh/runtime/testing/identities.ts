import { join } from 'node:path';
import type { DescService } from '@bufbuild/protobuf';
import { type MeshIdentity, openMeshIdentity } from '../identity/mesh-identity.ts';
import { createLogger } from '../log.ts';

/** The identities that the test run's authority issued: a test may be any process of the mesh. */
export interface TestIdentities {
  of(name: string): MeshIdentity;
  /** Folder with the certificate of a process, for its MESH_IDENTITY. */
  folderOf(name: string): string;
  stop(): void;
}

export function testIdentities(): TestIdentities {
  const folder = process.env.TEST_IDENTITIES;
  if (!folder) throw new Error('TEST_IDENTITIES is missing: run tests with npm test');
  const log = createLogger('test', 'silent');
  const opened = new Map<string, MeshIdentity>();
  const folderOf = (name: string) => join(folder, name);
  return {
    folderOf,
    of(name) {
      const known = opened.get(name) ?? openMeshIdentity(name, { identity: folderOf(name), namespace: 'kreki' }, log);
      opened.set(name, known);
      return known;
    },
    stop() {
      for (const identity of opened.values()) identity.stop();
    },
  };
}

/** Who answers a Protobuf service: kreki.auth.v1.DirectoryService is answered by auth. */
export const answererOf = ({ typeName }: DescService): string => typeName.split('.')[1] ?? '';
