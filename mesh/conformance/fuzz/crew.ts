import type { Person } from '../../local/drill/person.ts';
import { nextAddress, type People } from '../people/people.ts';
import type { FuzzCall } from './calls.ts';

/** Those who send the fuzzer's requests: people of every role, who sign in again when they were signed out, and nobody. */
export interface Crew {
  readonly names: readonly string[];
  /** The headers that say who calls, and from where. */
  headers(call: FuzzCall): Record<string, string>;
  /** Tells that a caller's token holds no longer; the next call has a new one. */
  renew(caller: string): Promise<void>;
}

/** More of those who get further. */
const OF_ROLE: Readonly<Record<string, number>> = { admin: 8, volunteer: 8, dispatcher: 4, public: 4 };
const CROWD = '10.255.255.1';

export async function gatherCrew(people: People): Promise<Crew> {
  const named = people.roles.flatMap(({ name }) =>
    Array.from({ length: OF_ROLE[name] ?? 1 }, (_, index): [string, string] => [`${name} ${index + 1}`, name]),
  );
  const roleOf = new Map(named);
  const persons = new Map<string, Person>();
  for (const [name, role] of named) persons.set(name, await people.make(role));
  const renewing = new Map<string, Promise<void>>();
  const renew = async (caller: string, role: string, person: Person): Promise<void> => {
    // Whose password was changed too, or whose account was closed, is somebody else from now on.
    persons.set(caller, await people.signInAgain(person).catch(() => people.make(role)));
  };
  return {
    names: ['nobody', ...named.map(([name]) => name)],
    headers({ caller, crowded, request }) {
      const token = persons.get(caller)?.accessToken;
      return {
        ...(!('x-forwarded-for' in request.headers) && { 'x-forwarded-for': crowded ? CROWD : nextAddress() }),
        ...(token !== undefined && !('authorization' in request.headers) && { authorization: `Bearer ${token}` }),
      };
    },
    renew(caller) {
      const [person, role] = [persons.get(caller), roleOf.get(caller)];
      if (!person || role === undefined) return Promise.resolve();
      let under = renewing.get(caller);
      if (!under) {
        under = renew(caller, role, person).finally(() => renewing.delete(caller));
        renewing.set(caller, under);
      }
      return under;
    },
  };
}
