import type { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';

/** A certificate of a seeded volunteer, verified. */
export interface RosterCertification {
  readonly id: string;
  readonly skill: Skill;
  readonly issuer: string;
  readonly number: string;
  readonly validFrom: Date;
  readonly validUntil: Date;
}

export interface RosterVolunteer {
  readonly displayName: string;
  readonly skills: readonly Skill[];
  readonly certifications: readonly RosterCertification[];
  readonly latitude: number;
  readonly longitude: number;
  readonly onDuty: boolean;
}

/** A person that every service knows its part of. */
export interface RosterPerson {
  readonly id: string;
  readonly email: string;
  /** E.164. */
  readonly phone: string;
  readonly fullName: string;
  readonly role: string;
  readonly locale: 'id' | 'en';
  /** People without one cannot sign in. */
  readonly password?: string;
  readonly volunteer?: RosterVolunteer;
  /** Registration token of the person's (simulated) phone. */
  readonly pushToken?: string;
}

/** The people that a mesh on one machine starts with. */
export interface Roster {
  readonly people: readonly RosterPerson[];
  /** Who is told when an emergency of a regency is escalated. */
  readonly coordinators: readonly { readonly regencyCode: string; readonly userId: string }[];
}
