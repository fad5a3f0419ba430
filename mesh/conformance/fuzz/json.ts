import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { anyDuration, anyNumber, anyText, anyTime } from './values.ts';

type Text = fc.Arbitrary<string>;

/** Texts that are JSON of a message, or nearly: with fields of a wrong type, by either name, twice, or unknown. */
export function anyJson(desc: DescMessage, known: readonly string[]): Text {
  const members = desc.fields.map((field) =>
    now(4, member(fc.constantFrom(field.jsonName, field.name), value(field, known))),
  );
  const twice = desc.fields.map((field) => now(0.05, member(fc.constant(field.name), value(field, known))));
  const stranger = now(0.1, member(anyText([]), fc.json({ maxDepth: 2 })));
  return fc.tuple(...members, ...twice, stranger).map((all) => `{${all.filter(Boolean).join(',')}}`);
}

/** What is there so many times as often as it is not. */
const now = (often: number, text: Text): Text =>
  fc.oneof({ weight: 20, arbitrary: fc.constant('') }, { weight: Math.round(20 * often), arbitrary: text });

const member = (name: Text, content: Text): Text =>
  fc.tuple(name, content).map(([key, text]) => `${JSON.stringify(key)}:${text}`);

/** Mostly what the field takes. */
const value = (field: DescField, known: readonly string[]): Text =>
  fc.oneof({ weight: 14, arbitrary: right(field, known) }, { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) });

function right(field: DescField, known: readonly string[]): Text {
  switch (field.fieldKind) {
    case 'scalar':
      return scalar(field.scalar, known);
    case 'enum':
      return enumValue(field.enum);
    case 'message':
      return message(field.message, known);
    case 'list': {
      const item =
        field.listKind === 'scalar'
          ? scalar(field.scalar, known)
          : field.listKind === 'enum'
            ? enumValue(field.enum)
            : message(field.message, known);
      return listOf(item);
    }
    case 'map': {
      const content =
        field.mapKind === 'scalar'
          ? scalar(field.scalar, known)
          : field.mapKind === 'enum'
            ? enumValue(field.enum)
            : message(field.message, known);
      const entries = fc.array(member(anyText(known), content), { maxLength: 3 });
      return entries.map((all) => `{${all.join(',')}}`);
    }
    default:
      return field satisfies never;
  }
}

/** Short, or far longer than any list may be. */
const listOf = (item: Text): Text =>
  fc.oneof(
    { weight: 12, arbitrary: fc.array(item, { maxLength: 4 }).map((items) => `[${items.join(',')}]`) },
    {
      weight: 1,
      arbitrary: item.map(
        (one) =>
          `[${Array(1_500)
            .fill(one.length > 100 ? '1' : one)
            .join(',')}]`,
      ),
    },
  );

const enumValue = (desc: DescEnum): Text =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...desc.values).map(({ name }) => JSON.stringify(name)) },
    { weight: 3, arbitrary: fc.constantFrom(...desc.values).map(({ number }) => String(number)) },
    { weight: 1, arbitrary: anyNumber },
    { weight: 1, arbitrary: anyText([]).map((text) => JSON.stringify(text)) },
  );

function message(desc: DescMessage, known: readonly string[]): Text {
  const quoted = (text: Text) => text.map((content) => JSON.stringify(content));
  switch (desc.typeName) {
    case 'google.protobuf.Timestamp':
      return quoted(anyTime);
    case 'google.protobuf.Duration':
      return quoted(anyDuration);
    case 'google.protobuf.FieldMask':
      return quoted(fc.array(anyText(known), { maxLength: 4 }).map((paths) => paths.join(',')));
    case 'google.protobuf.Any':
      return fc.json({ maxDepth: 3 });
    default:
      return anyJson(desc, known);
  }
}

function scalar(kind: ScalarType, known: readonly string[]): Text {
  switch (kind) {
    case ScalarType.STRING:
      return anyText(known).map((text) => JSON.stringify(text));
    case ScalarType.BYTES:
      return fc.base64String({ maxLength: 60 }).map((text) => JSON.stringify(text));
    case ScalarType.BOOL:
      return fc.constantFrom('true', 'false');
    default:
      // Numbers may be written as text too.
      return fc.tuple(anyNumber, fc.boolean()).map(([number, asText]) => (asText ? JSON.stringify(number) : number));
  }
}
