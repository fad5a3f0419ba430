const NAME = 'kreki-dashboard';
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';

/** Id of the session that a request's Cookie header names; empty when it names none. */
export function sessionIdOf(cookies: string | null | undefined): string {
  for (const cookie of cookies?.split(';') ?? []) {
    const [name, value] = cookie.trim().split('=', 2);
    if (name === NAME) return value ?? '';
  }
  return '';
}

/** Set-Cookie header of a session; it ends with the browser. */
export const sessionCookie = (id: string, encrypted: boolean): string =>
  `${NAME}=${id}; ${ATTRIBUTES}${encrypted ? '; Secure' : ''}`;

/** Set-Cookie header that takes the session away. */
export const noCookie = (): string => `${NAME}=; ${ATTRIBUTES}; Max-Age=0`;
