import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tokenOfPhone } from '../../simulators/inbox/recipient.ts';
import type { Account } from '../mesh.ts';
import type { RosterPerson } from '../roster.ts';
import { certified } from './people.ts';
import { random } from './random.ts';

const SEED = 62;
const MONAS = { latitude: -6.175392, longitude: 106.827153 };

/** The people one signs in as. They live near Monas, where the drill is. */
const WANTED = [
  { role: 'admin', email: 'admin@kreki.example', name: 'Ayu Administrator' },
  { role: 'dispatcher', email: 'dispatcher@kreki.example', name: 'Dimas Dispatcher' },
  { role: 'volunteer', email: 'volunteer1@kreki.example', name: 'Bayu Pratama' },
  { role: 'volunteer', email: 'volunteer2@kreki.example', name: 'Citra Lestari' },
  { role: 'public', email: 'citizen@kreki.example', name: 'Sari Wulandari' },
  { role: 'platform', email: 'platform@kreki.example', name: 'Pandu Platform' },
] as const;

/** The named accounts with a password each: the one of an earlier start, else a new random one. */
export function namedAccounts(dataFolder: string, now: Date): { accounts: Account[]; people: RosterPerson[] } {
  const earlier = readEarlier(join(dataFolder, 'accounts.json'));
  const draw = random(SEED);
  const people = WANTED.map(({ role, email, name }, index): RosterPerson => {
    const phone = `+62812${String(90_000_000 + index)}`;
    const password = earlier.get(email) ?? newPassword();
    const base: RosterPerson = { id: draw.uuid(), email, phone, fullName: name, role, locale: 'id', password };
    if (role !== 'volunteer') return { ...base, pushToken: tokenOfPhone(phone) };
    const latitude = MONAS.latitude + 0.0008 * (index - 1);
    const volunteer = { displayName: name, ...certified(draw, `BHD-N${index}`, now), ...MONAS, latitude, onDuty: true };
    return { ...base, pushToken: tokenOfPhone(phone), volunteer };
  });
  const accounts = people.map(({ role, email, password = '', fullName }) => ({
    role,
    email,
    password,
    name: fullName,
  }));
  return { accounts, people };
}

function readEarlier(file: string): Map<string, string> {
  if (!existsSync(file)) return new Map();
  const accounts: Account[] = JSON.parse(readFileSync(file, 'utf8'));
  return new Map(accounts.map(({ email, password }) => [email, password]));
}

/** Random, and with the upper-case letter and the digit that the contract asks for. */
const newPassword = () => `K${randomBytes(12).toString('base64url')}9`;
