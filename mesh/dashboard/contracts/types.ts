import {
  type DescEnum,
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type MessageInitShape,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf';
import { FieldRulesSchema, field as fieldOption } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import type { TypeContractSchema } from '@kreki/gen/kreki/mesh/v1/contract_service_pb.js';
import { commentOf } from './comments.ts';

type TypeMessage = MessageInitShape<typeof TypeContractSchema>;

/** Every message and enumeration that the given messages are made of, by name; those of Google are known to everybody. */
export function typesOf(roots: readonly DescMessage[]): TypeMessage[] {
  const found = new Map<string, TypeMessage>();
  const visit = (type: DescMessage | DescEnum) => {
    if (found.has(type.typeName) || !type.typeName.startsWith('kreki.')) return;
    found.set(type.typeName, type.kind === 'enum' ? enumeration(type) : message(type));
    if (type.kind === 'enum') return;
    for (const field of type.fields) {
      const inner = field.message ?? field.enum;
      if (inner) visit(inner);
    }
  };
  for (const root of roots) visit(root);
  return [...found.values()].sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}

const enumeration = (type: DescEnum): TypeMessage => ({
  name: type.typeName,
  comment: commentOf(type.typeName),
  enumeration: true,
  fields: type.values.map(({ name, number }) => ({ name, number, comment: commentOf(`${type.typeName}.${name}`) })),
});

const message = (type: DescMessage): TypeMessage => ({
  name: type.typeName,
  comment: commentOf(type.typeName),
  fields: type.fields.map((field) => ({
    name: field.name,
    number: field.number,
    type: typeText(field),
    typeName: (field.message ?? field.enum)?.typeName ?? '',
    comment: commentOf(`${type.typeName}.${field.name}`),
    rules: rulesText(field),
  })),
});

/** The type as it stands in a contract. */
function typeText(field: DescField): string {
  const short = (name: string | undefined) => name?.split('.').pop() ?? '';
  const element = short((field.message ?? field.enum)?.typeName) || scalar(field.scalar);
  if (field.fieldKind === 'list') return `repeated ${element}`;
  if (field.fieldKind === 'map') return `map<${scalar(field.mapKey)}, ${element}>`;
  return element;
}

const scalar = (type: ScalarType | undefined): string => (type ? ScalarType[type].toLowerCase() : '');

/** A field's rules in a line, such as `min_len: 8, max_len: 128`; empty when it has none. */
function rulesText(field: DescField): string {
  if (!hasOption(field, fieldOption)) return '';
  return flatten(toJson(FieldRulesSchema, getOption(field, fieldOption), { useProtoFieldName: true })).join(', ');
}

function flatten(value: unknown, name = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${name}: ${value}`];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, key));
}
