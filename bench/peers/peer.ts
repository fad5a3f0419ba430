/** Starting what others would build, each with a database of its own that has emergency's schema. */
import type { OwnMesh } from '../own-mesh.ts';

/** One of them, running. */
export interface Peer {
  readonly url: string;
  readonly databaseUrl: string;
  /** Ids of the processes that answer, without PostgreSQL; by the names that the mesh has for what they do. */
  processes(): ReadonlyMap<string, number>;
  /** Where events do not stand in that database: how many are stored. They are removed then. */
  takeEvents?(): Promise<number>;
  stop(): Promise<void>;
}

export type StartPeer = (own: OwnMesh) => Promise<Peer>;

/** What is told to each that KREKI ID's tokens come to. */
export const jwksUrl = ({ mesh }: OwnMesh): string => `${mesh.edgeUrl}/.well-known/jwks.json`;
