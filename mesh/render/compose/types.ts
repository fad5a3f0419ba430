/** What of the Compose Specification the rendering uses. */

export interface ComposeFile {
  readonly name: string;
  readonly services: Readonly<Record<string, Container>>;
  readonly networks: Readonly<Record<string, Network>>;
  readonly volumes: Readonly<Record<string, Record<string, never>>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export interface Network {
  /** Whether nothing outside can be reached through it. */
  readonly internal?: boolean;
}

export interface Container {
  readonly image: string;
  readonly build?: { readonly context: string; readonly args: Readonly<Record<string, string>> };
  readonly profiles?: readonly string[];
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly { readonly source: string; readonly target: string }[];
  readonly volumes?: readonly Mount[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly network_mode?: 'none';
  readonly depends_on?: Readonly<Record<string, { readonly condition: Condition }>>;
  readonly healthcheck?: Healthcheck;
  readonly restart: 'unless-stopped' | 'on-failure';
  readonly stop_grace_period?: string;
  readonly shm_size?: string;
  readonly read_only: true;
  readonly tmpfs?: readonly string[];
  readonly cap_drop: readonly ['ALL'];
  readonly security_opt: readonly ['no-new-privileges:true'];
  readonly init?: boolean;
  readonly cpus: number;
  readonly mem_limit: string;
  readonly pids_limit: number;
  readonly logging: { readonly driver: 'local'; readonly options: Readonly<Record<string, string>> };
}

export type Condition = 'service_healthy' | 'service_completed_successfully';

export interface Healthcheck {
  readonly test: readonly string[];
  readonly interval: string;
  readonly timeout: string;
  readonly retries: number;
  readonly start_period: string;
  readonly start_interval?: string;
}

export type Mount =
  | { readonly type: 'bind'; readonly source: string; readonly target: string; readonly read_only: true }
  | {
      readonly type: 'volume';
      readonly source: string;
      readonly target: string;
      readonly read_only?: boolean;
      /** One folder of it. */
      readonly volume?: { readonly subpath: string };
    };

/** A variable of `.env`, and what holds where it is not given or empty. */
export const variable = (name: string, otherwise: string | number): string => `\${${name}:-${otherwise}}`;

/** The same, where an empty value means something. */
export const variableOrEmpty = (name: string, otherwise: string): string => `\${${name}-${otherwise}}`;

/** A variable without which nothing starts. */
export const required = (name: string, complaint: string): string => `\${${name}:?${complaint}}`;

/** Limits and what every container gives up. A process may write below /tmp and in its volumes, and nowhere else. */
export interface Limits {
  readonly cpus: number;
  readonly memory: string;
  readonly pids: number;
}

export const hardened = ({ cpus, memory, pids }: Limits, tmpfs: readonly string[] = ['/tmp']) => ({
  read_only: true as const,
  ...(tmpfs.length > 0 && { tmpfs }),
  cap_drop: ['ALL'] as const,
  security_opt: ['no-new-privileges:true'] as const,
  cpus,
  mem_limit: memory,
  pids_limit: pids,
  logging: { driver: 'local' as const, options: { 'max-size': '20m', 'max-file': '5' } },
});

/** Asked often until it answers first, and seldom afterwards. */
export const check = (test: readonly string[], startPeriod = '60s'): Healthcheck => ({
  test: ['CMD', ...test],
  interval: '15s',
  timeout: '5s',
  retries: 3,
  start_period: startPeriod,
  start_interval: '1s',
});
