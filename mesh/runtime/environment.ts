/** Reads the environment once into a typed value, and reports every missing or wrong name together. */
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type KeyRing, parseKey, parseKeyRing } from './personal-data/key-ring.ts';

/** How one value is read: from which variable, and how its text becomes a value. */
export interface Setting<T> {
  readonly variable: string;
  /** Text used when the variable is absent or empty; undefined when the variable must be given. */
  readonly fallback: string | undefined;
  /** May be given as the path of a file in `<variable>_FILE` instead, as orchestrators mount secrets. */
  readonly secret?: true;
  /** Throws an Error whose message says what is wrong with the text. */
  readonly parse: (text: string) => T;
}

export type Spec = Record<string, Setting<unknown> | object>;

type Value<S> = S extends Setting<infer T> ? T : S extends object ? { [K in keyof S]: Value<S[K]> } : never;

/** Thrown when the environment is not as the specification wants it; the message lists every problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export function readEnvironment<S extends object>(env: NodeJS.ProcessEnv, spec: S): Value<S> {
  const problems: string[] = [];
  const value = read(env, spec, problems) as Value<S>;
  if (problems.length > 0) throw new ConfigError(`wrong environment:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  return value;
}

function read(env: NodeJS.ProcessEnv, spec: object, problems: string[]): unknown {
  if (isSetting(spec)) {
    try {
      const text = given(env, spec) || spec.fallback;
      if (text === undefined) throw new Error('is missing');
      return spec.parse(text);
    } catch (error) {
      problems.push(`${spec.variable} ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
  return Object.fromEntries(Object.entries(spec).map(([name, inner]) => [name, read(env, inner, problems)]));
}

function given(env: NodeJS.ProcessEnv, { variable, secret }: Setting<unknown>): string | undefined {
  const value = env[variable];
  const file = secret ? env[`${variable}_FILE`] : undefined;
  if (!file) return value;
  if (value) throw new Error(`is given both by itself and as ${variable}_FILE`);
  return readFileSync(file, 'utf8').trim();
}

const isSetting = (spec: object): spec is Setting<unknown> => 'variable' in spec && 'parse' in spec;

export const text = (variable: string, options: { default?: string } = {}): Setting<string> => ({
  variable,
  fallback: options.default,
  parse: (value) => value,
});

/** A variable that may be absent. */
export const optional = (variable: string): Setting<string | undefined> => ({
  variable,
  fallback: '',
  parse: (value) => value || undefined,
});

/** A value that stays out of logs: read like any text or out of a file, but never with a default. */
export const secret = (variable: string): Setting<string> => ({ ...text(variable), secret: true });

/** The same, where it may be absent. */
export const optionalSecret = (variable: string): Setting<string | undefined> => ({
  ...optional(variable),
  secret: true,
});

/** A secret 256-bit key in base64. */
export const key = (variable: string): Setting<KeyObject> => ({ ...secret(variable), parse: parseKey });

/** Secret keys with their numbers, the current one first: `2:<base64>,1:<base64>`. */
export const keyRing = (variable: string): Setting<KeyRing> => ({ ...secret(variable), parse: parseKeyRing });

interface Range {
  default?: number;
  min?: number;
  max?: number;
}

export const number = (variable: string, range: Range = {}): Setting<number> => ({
  variable,
  fallback: range.default?.toString(),
  parse: (value) => {
    const parsed = Number(value);
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
    if (!Number.isFinite(parsed)) throw new Error(`must be a number, not "${value}"`);
    if (parsed < min || parsed > max) throw new Error(`must be from ${min} to ${max}, not ${value}`);
    return parsed;
  },
});

export const integer = (variable: string, range: Range = {}): Setting<number> => {
  const base = number(variable, range);
  return {
    ...base,
    parse: (value) => {
      const parsed = base.parse(value);
      if (!Number.isInteger(parsed)) throw new Error(`must be a whole number, not ${value}`);
      return parsed;
    },
  };
};

/** Number of an open file that the process was given; none when absent. */
export const descriptor = (variable: string): Setting<number | undefined> => ({
  ...optional(variable),
  parse: (value) => (value ? integer(variable, { min: 0 }).parse(value) : undefined),
});

export const boolean = (variable: string, options: { default?: boolean } = {}): Setting<boolean> => ({
  variable,
  fallback: options.default?.toString(),
  parse: (value) => {
    if (value !== 'true' && value !== 'false') throw new Error(`must be true or false, not "${value}"`);
    return value === 'true';
  },
});

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A span of time such as `250ms`, `30s`, `15m`, `24h`, `30d`; read as milliseconds. */
export const duration = (variable: string, options: { default?: string } = {}): Setting<number> => ({
  variable,
  fallback: options.default,
  parse: (value) => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) ?? [];
    const factor = UNIT_MS[unit ?? ''];
    if (!amount || !factor) throw new Error(`must be a duration such as 250ms, 30s or 24h, not "${value}"`);
    return Number(amount) * factor;
  },
});

export const url = (variable: string, options: { default?: string } = {}): Setting<string> => ({
  variable,
  fallback: options.default,
  parse: (value) => {
    if (!URL.canParse(value)) throw new Error(`must be a URL, not "${value}"`);
    return value;
  },
});

/** A URL that holds a password: out of a file too, and never repeated in a message. */
export const secretUrl = (variable: string): Setting<string> => ({
  ...secret(variable),
  parse: (value) => {
    if (!URL.canParse(value)) throw new Error('must be a URL');
    return value;
  },
});

/** Comma-separated values; an empty text is an empty list. */
export const list = (variable: string, options: { default?: string } = {}): Setting<readonly string[]> => ({
  variable,
  fallback: options.default ?? '',
  parse: (value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
});

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const oneOf = <T extends string>(variable: string, values: readonly T[], fallback?: T): Setting<T> => ({
  variable,
  fallback,
  parse: (value) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`must be one of ${values.join(', ')}, not "${value}"`);
    return found;
  },
});

/** What is in the code, beside what is read. */
export const constant = <T>(value: T): Setting<T> => ({ variable: '', fallback: '', parse: () => value });
