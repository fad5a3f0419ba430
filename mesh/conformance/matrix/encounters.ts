import type { Person } from '../../local/drill/person.ts';
import type { Concern, Kind, Relation } from '../objects.ts';
import type { People, Role } from '../people/people.ts';
import { makeThing, type Scene } from './scene.ts';

/** Somebody before a thing that they own, or have otherwise to do with, or not at all. */
export interface Encounter {
  readonly who: string;
  readonly person: Person;
  readonly role: Role;
  readonly relation: Relation | undefined;
  /** Whether the thing is that of the scene's owner. */
  readonly isTheirs: boolean;
  /** Whose it is, in words. */
  readonly whose: string;
  /** Undefined where there is no such thing. */
  thing(): Promise<string | undefined>;
}

/** Somebody of a role who has nothing to do with what is the owner's. */
export interface Stranger {
  readonly role: Role;
  readonly person: Person;
}

export const findStrangers = (people: People): Promise<Stranger[]> =>
  Promise.all(people.roles.map(async (role) => ({ role, person: await people.make(role.name) })));

/** Whether somebody may, by what they have to do with the thing or by their role. */
export const isOpen = ({ open, openedBy }: Concern, { relation, role }: Encounter): boolean =>
  (relation !== undefined && open.includes(relation)) || (openedBy !== undefined && role.permissions.has(openedBy));

/** Everybody who may come across the owner’s thing of a kind, and people of every role before one of their own. */
export function encounters(kind: Kind, scene: Scene, strangers: readonly Stranger[], people: People): Encounter[] {
  const theirs = { thing: async () => scene.things[kind], whose: 'of a thing that is the owner’s', isTheirs: true };
  const concerned: Encounter[] = [
    { ...theirs, who: 'its owner', person: scene.owner, role: people.role('public'), relation: 'owner' },
  ];
  if (kind === 'emergency') {
    const role = people.role('volunteer');
    concerned.push(
      { ...theirs, who: 'a responder', person: scene.responder, role, relation: 'responder' },
      { ...theirs, who: 'a volunteer who was asked', person: scene.asked, role, relation: 'asked' },
    );
  }
  const others = strangers.flatMap(({ role, person }): Encounter[] => {
    const common = { who: `role ${role.name}`, person, role };
    return [
      { ...common, ...theirs, relation: undefined },
      {
        ...common,
        relation: 'owner',
        isTheirs: false,
        whose: 'of a thing of their own',
        thing: () => makeThing(kind, person, people),
      },
    ];
  });
  return [...concerned, ...others];
}
