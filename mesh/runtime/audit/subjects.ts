import { type DescField, type DescMessage, getOption, hasOption, type MessageShape } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { subject as subjectOption } from '@kreki/gen/kreki/options/v1/options_pb.js';

/** Subjects of one entry; the largest page of any list has fewer. */
const SUBJECTS_MAX = 1_000;

/** Ids and names of roles. Anything else in a field is not an id, and may be a person's data. */
const ID = /^[\w-]{1,64}$/;

/** What of a message may lead to subjects: fields that name one, and fields whose messages may. */
interface Places {
  readonly ids: readonly (readonly [field: DescField, collection: string])[];
  readonly within: readonly DescField[];
}

const known = new WeakMap<DescMessage, Places>();

/** Adds what a message names by its fields with `(kreki.options.v1.subject)`: `<collection>/<id>`, at most 1,000 of them. */
export function addSubjects(desc: DescMessage, message: MessageShape<DescMessage>, subjects: Set<string>): void {
  if (leadsToSubjects(desc)) collect(reflect(desc, message), subjects);
}

function collect(message: ReflectMessage, subjects: Set<string>): void {
  const { ids, within } = placesOf(message.desc);
  for (const [field, collection] of ids) {
    for (const id of valuesOf(message, field)) {
      if (subjects.size >= SUBJECTS_MAX) return;
      if (typeof id === 'string' && ID.test(id)) subjects.add(`${collection}/${id}`);
    }
  }
  for (const field of within) {
    for (const inner of valuesOf(message, field)) collect(inner as ReflectMessage, subjects);
  }
}

function valuesOf(message: ReflectMessage, field: DescField): Iterable<unknown> {
  if (field.fieldKind === 'list') return message.get(field) as Iterable<unknown>;
  return message.isSet(field) ? [message.get(field)] : [];
}

function placesOf(desc: DescMessage): Places {
  let places = known.get(desc);
  if (!places) {
    places = {
      ids: desc.fields
        .filter((field) => hasOption(field, subjectOption))
        .map((field) => [field, getOption(field, subjectOption)]),
      within: desc.fields.filter(({ message }) => message && leadsToSubjects(message)),
    };
    known.set(desc, places);
  }
  return places;
}

/** Whether a field of it, or of a message within it, names a subject. */
function leadsToSubjects(desc: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (seen.has(desc)) return false;
  seen.add(desc);
  return desc.fields.some(
    (field) => hasOption(field, subjectOption) || (field.message && leadsToSubjects(field.message, seen)),
  );
}
