/** What the three servers have in common. */
import type { User } from '../folders.ts';
import type { Probe } from '../health.ts';
import type { ProcessSpec } from '../processes.ts';

export type ServerName = 'postgres' | 'nats' | 'redis';

/** Who may come in. */
export interface Accounts {
  /** Of the administrator. */
  readonly password: string;
  /** Of a user that the policy names. */
  readonly passwordOf: (user: string) => string;
}

/** What a private instance is made from. */
export interface Instance extends Accounts {
  /** Real path, owned by `user`; exists. */
  readonly folder: string;
  readonly port: number;
  readonly user: User | undefined;
  /** Whether the data may be thrown away, as that of a test run. */
  readonly disposable: boolean;
}

/** Programs found on this machine. */
export interface Installation {
  readonly bin: string;
  /** As shown to a person: `PostgreSQL 15.18 + PostGIS`. */
  readonly title: string;
}

export interface Server {
  readonly name: ServerName;
  readonly title: string;
  /** Environment variable that names a server to use instead of a private one. */
  readonly variable: string;
  /** What to install, in words for any system. */
  readonly requirement: string;
  /** Its service in a compose file. `port` is the one inside the container. */
  readonly compose: { readonly port: number; readonly definition: (accounts: Accounts) => object };
  locate(): Promise<Installation | undefined>;
  /** Makes its data and configuration where they are missing, and says how to run it. */
  prepare(installation: Installation, instance: Instance): Promise<ProcessSpec>;
  /** As its administrator. */
  url(port: number, password: string): string;
  probe(url: string): Probe;
}
