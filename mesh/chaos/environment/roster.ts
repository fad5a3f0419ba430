import type { Roster, RosterPerson } from '../../local/roster.ts';
import { certified } from '../../local/seed/people.ts';
import { random } from '../../local/seed/random.ts';
import { tokenOfPhone } from '../../simulators/inbox/recipient.ts';

/** Monas. */
export const CENTRE = { latitude: -6.175392, longitude: 106.827153 } as const;
/** Volunteers live in a square of this side around the centre, so that everybody there has some within reach. */
export const SIDE_METERS = 3_000;
/** In the Java Sea: nobody lives within the widest radius. */
export const NOWHERE = { latitude: -5.95, longitude: 106.827153 } as const;

const METERS_PER_DEGREE = 111_320;
const PASSWORD = 'Chaos-rehearsal-1';

export interface Account {
  readonly id: string;
  readonly email: string;
  /** E.164. */
  readonly phone: string;
  readonly password: string;
}

export interface People {
  readonly dispatcher: Account;
  readonly volunteers: readonly Account[];
  readonly roster: Roster;
}

/** A dispatcher and volunteers around the centre, the same for the same seed. */
export function makePeople(seed: number, volunteers: number, regencyCodes: readonly string[]): People {
  const draw = random(seed);
  const now = new Date();
  const person = (index: number, role: string, name: string): RosterPerson & Account => {
    const phone = `+62814${String(10_000_000 + index)}`;
    const email = `chaos${index}@kreki.example`;
    const base = { id: draw.uuid(), email, phone, fullName: name, role, locale: 'id' as const, password: PASSWORD };
    return { ...base, pushToken: tokenOfPhone(phone) };
  };
  const dispatcher = person(0, 'dispatcher', 'Dimas Dispatcher');
  const all = Array.from({ length: volunteers }, (_, index) => {
    const name = `Relawan ${index + 1}`;
    const place = placeWithin(SIDE_METERS, draw.uniform);
    const volunteer = { displayName: name, ...place, onDuty: true, ...certified(draw, `CHAOS-${index}`, now) };
    return { ...person(index + 1, 'volunteer', name), volunteer };
  });
  const coordinators = regencyCodes.map((regencyCode) => ({ regencyCode, userId: dispatcher.id }));
  return { dispatcher, volunteers: all, roster: { people: [dispatcher, ...all], coordinators } };
}

/** Somewhere in a square around the centre. */
export function placeWithin(sideMeters: number, uniform: () => number): { latitude: number; longitude: number } {
  const degrees = () => ((uniform() - 0.5) * sideMeters) / METERS_PER_DEGREE;
  return { latitude: CENTRE.latitude + degrees(), longitude: CENTRE.longitude + degrees() };
}
