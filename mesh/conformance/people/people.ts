import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { Action } from '@kreki/gen/kreki/auth/v1/role_pb.js';
import { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import { type Person, register, signIn } from '../../local/drill/person.ts';
import type { Account } from '../../local/mesh.ts';

/** A role as KREKI ID has it now. */
export interface Role {
  readonly name: string;
  /** Each `resource:action`. */
  readonly permissions: ReadonlySet<string>;
}

/** Makes people of any role, as an administrator would. */
export interface People {
  readonly admin: Person;
  readonly roles: readonly Role[];
  role(name: string): Role;
  make(role: string): Promise<Person>;
  /** Another session of somebody who was made here. */
  signInAgain(person: Person): Promise<Person>;
}

export async function openPeople(edgeUrl: string, accounts: readonly Account[]): Promise<People> {
  const account = accounts.find(({ role }) => role === 'admin');
  if (!account) throw new Error('the mesh has no seeded administrator');
  const admin = await signIn(edgeUrl, account.email, account.password, nextAddress());
  const known = new Map<string, { readonly email: string; readonly password: string }>();
  const roles = await readRoles(admin);
  return {
    admin,
    roles,
    role(name) {
      const role = roles.find((each) => each.name === name);
      if (!role) throw new Error(`there is no role ${name}`);
      return role;
    },
    async make(role) {
      const details = {
        email: `conformance-${randomUUID()}@kreki.example`,
        phone: `+62813${randomInt(10_000_000, 100_000_000)}`,
        password: `Conformance-${randomBytes(9).toString('base64url')}1`,
        fullName: `Conformance ${randomBytes(6).toString('hex')}`,
      };
      const person = await register(edgeUrl, details, nextAddress());
      known.set(person.userId, details);
      if (role === 'public') return person;
      await admin.call(UserAdminService).updateUserRole({ userId: person.userId, role });
      await person.refresh();
      return person;
    },
    async signInAgain({ userId }) {
      const details = known.get(userId);
      if (!details) throw new Error(`${userId} was not made here`);
      return signIn(edgeUrl, details.email, details.password, nextAddress());
    },
  };
}

/** Roles are data: those that come later are found here too. */
async function readRoles(admin: Person): Promise<Role[]> {
  const roles: Role[] = [];
  let pageToken = '';
  do {
    const page = await admin.call(UserAdminService).listRoles({ pageSize: 100, pageToken });
    for (const { name, permissions } of page.roles) {
      const granted = permissions.flatMap(({ resource, actions }) =>
        actions.map((action) => `${resource}:${Action[action]?.toLowerCase()}`),
      );
      roles.push({ name, permissions: new Set(granted) });
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return roles;
}

let addresses = 0;

/** A network address that was not used before, so that limits by address are not met. */
export function nextAddress(): string {
  addresses += 1;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
}
