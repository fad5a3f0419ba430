/** Under which name each process comes to NATS and Redis. */
import type { Secrets } from '../secrets.ts';

const variables = { nats: 'NATS_URL', redis: 'REDIS_URL' } as const;

/** Name of the secret that is a user's password at a private server. */
export const secretOf = (server: string, user: string): string => `${server}-${user}`;

/**
 * Each process's own URL: at a private server as its own user. At a server that the environment names, with the credentials given, unless
 * `<PROCESS>_NATS_URL` or `<PROCESS>_REDIS_URL` gives a process its own.
 * @param url of the server, as its administrator or as given.
 */
export function userUrls<Name extends string>(
  server: keyof typeof variables,
  url: string,
  names: readonly Name[],
  { env, secrets }: { env: NodeJS.ProcessEnv; secrets: Secrets },
): Record<Name, string> {
  const variable = variables[server];
  const urlOf = (name: Name): string => {
    const own = env[`${name.toUpperCase()}_${variable}`];
    if (own || env[variable]) return own || url;
    return asUser(url, name, secrets.password(secretOf(server, name)));
  };
  return Object.fromEntries(names.map((name) => [name, urlOf(name)])) as Record<Name, string>;
}

/** The same place, under another name. */
export function asUser(url: string, user: string, password: string): string {
  const result = new URL(url);
  result.username = user;
  result.password = password;
  return result.href;
}
