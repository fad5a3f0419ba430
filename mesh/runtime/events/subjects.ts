import type { DescMessage } from '@bufbuild/protobuf';

/** Domain of an event's contract: `emergency` of `kreki.emergency.v1.OffersMade`. */
export function domainOf(schema: DescMessage): string {
  const domain = schema.file.proto.package.split('.')[1];
  if (domain === undefined) throw new Error(`${schema.typeName} is not in a package kreki.<domain>.v1`);
  return domain;
}

/** Subject an event is published to: its type's full name. */
export const subjectOf = (schema: DescMessage): string => schema.typeName;

/** Subjects of every event of a domain. */
export const domainSubjects = (domain: string): string => `kreki.${domain}.v1.>`;

/** Stream that holds the events of a domain. */
export const streamOf = (domain: string): string => `EVENTS_${domain}`;

/** Stream of events that a consumer gave up on; their subjects are `kreki.dead.<durable>.<original subject>`. */
export const DEAD_LETTER_STREAM = 'DEAD_LETTERS';
export const DEAD_LETTER_SUBJECTS = 'kreki.dead.>';

/** Stream of what was done to the mesh itself: who replayed or dropped which dead letter. */
export const JOURNAL_STREAM = 'AUDIT_mesh';
export const JOURNAL_SUBJECT = 'kreki.audit.mesh';

/** Subjects of what one consumer gave up on. */
export const deadLetterSubjects = (durable: string): string => `kreki.dead.${durable}.>`;

/** Prefix of the subjects at which one process is answered: with permissions, nobody else hears them. */
export const inboxOf = (process: string): string => `_INBOX.${process}`;
