/** What a running mesh offers to the scripts that use it: the seed and the drill. */
import type { ServiceName } from '../topology.ts';
import type { Environment } from './environment.ts';

export interface Mesh {
  /** Connect, gRPC-Web and REST over HTTP/1.1, without a trailing slash. */
  readonly edgeUrl: string;
  /** gRPC and Connect over cleartext HTTP/2. */
  readonly h2cUrl: string;
  readonly simulatorsUrl: string;
  /** The dashboard, with the key that opens it signed in; undefined when it does not run. */
  readonly dashboardUrl?: string;
  /** Each service's own database, as its own role. */
  readonly databaseUrls: Readonly<Record<ServiceName, string>>;
  /** What each service is told at its start; its seed needs the keys in it. */
  readonly environments: Readonly<Record<ServiceName, Environment>>;
  /** Absolute path of `.kreki`. */
  readonly dataFolder: string;
  /** Prints a line to the person at the terminal. */
  readonly log: (line: string) => void;
}

/** A seeded person, as printed and as written to `.kreki/accounts.json`. */
export interface Account {
  readonly role: string;
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

export type Seed = (mesh: Mesh) => Promise<Account[]>;

export interface DrillResult {
  /** Whether every step happened within its target. */
  readonly ok: boolean;
}

export type Drill = (mesh: Mesh, accounts: readonly Account[]) => Promise<DrillResult>;
