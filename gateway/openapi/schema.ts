import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { commentOf, fieldName } from './comments.ts';
import { fieldConstraints, isRequired, messageRules } from './constraints.ts';

/** A JSON Schema (2020-12), as OpenAPI 3.1 uses it. */
export type Schema = { [keyword: string]: unknown };

/** Collects the schemas that operations refer to, each message and enum once. */
export class Schemas {
  readonly components: Record<string, Schema> = {};

  /** A reference to a message's schema, which is made when first asked for. */
  message(desc: DescMessage): Schema {
    const known = WELL_KNOWN[desc.typeName];
    if (known) return { ...known };
    if (!(desc.typeName in this.components)) {
      this.components[desc.typeName] = {};
      this.components[desc.typeName] = this.object(desc, desc.fields);
    }
    return { $ref: `#/components/schemas/${desc.typeName}` };
  }

  /** A message's schema with only some of its fields, as when a path holds the others. */
  object(desc: DescMessage, fields: readonly DescField[]): Schema {
    const required = fields.filter(isRequired).map(({ jsonName }) => jsonName);
    const description = [commentOf(desc.typeName), ...messageRules(desc)].filter(Boolean).join('\n\n');
    return {
      type: 'object',
      ...(description && { description }),
      properties: Object.fromEntries(fields.map((field) => [field.jsonName, this.field(field)])),
      ...(required.length > 0 && { required }),
    };
  }

  /** The schema of a field's JSON, with its rules and its comment. */
  field(field: DescField): Schema {
    const description = commentOf(fieldName(field));
    const shape = this.#shape(field);
    const rules = fieldConstraints(field);
    const items = { ...(shape.items as Schema), ...(rules.items as Schema) };
    return {
      ...shape,
      ...rules,
      ...(field.fieldKind === 'list' && { items }),
      ...(description && { description }),
    };
  }

  #shape(field: DescField): Schema {
    switch (field.fieldKind) {
      case 'scalar':
        return { ...SCALARS[field.scalar] };
      case 'enum':
        return this.#enum(field.enum);
      case 'message':
        return this.message(field.message);
      case 'list':
        return { type: 'array', items: this.#element(field) };
      case 'map':
        return { type: 'object', additionalProperties: this.#element(field) };
      default:
        return field satisfies never;
    }
  }

  #element(field: DescField & { fieldKind: 'list' | 'map' }): Schema {
    if (field.message) return this.message(field.message);
    if (field.enum) return this.#enum(field.enum);
    return { ...SCALARS[field.scalar ?? ScalarType.STRING] };
  }

  #enum(desc: DescEnum): Schema {
    this.components[desc.typeName] ??= {
      type: 'string',
      enum: desc.values.map(({ name }) => name),
      description: [
        commentOf(desc.typeName),
        ...desc.values.map(({ name }) => `- \`${name}\`: ${commentOf(`${desc.typeName}.${name}`)}`),
      ].join('\n'),
    };
    return { $ref: `#/components/schemas/${desc.typeName}` };
  }
}

/** 64-bit numbers are texts in proto3 JSON, since JavaScript's numbers do not hold them. */
const LONG: Schema = { type: 'string', format: 'int64', pattern: '^-?[0-9]+$' };
const UNSIGNED_LONG: Schema = { type: 'string', format: 'uint64', pattern: '^[0-9]+$' };
const INTEGER: Schema = { type: 'integer', format: 'int32' };
const UNSIGNED: Schema = { type: 'integer', format: 'uint32', minimum: 0 };

const SCALARS: Readonly<Record<ScalarType, Schema>> = {
  [ScalarType.DOUBLE]: { type: 'number', format: 'double' },
  [ScalarType.FLOAT]: { type: 'number', format: 'float' },
  [ScalarType.INT64]: LONG,
  [ScalarType.UINT64]: UNSIGNED_LONG,
  [ScalarType.INT32]: INTEGER,
  [ScalarType.FIXED64]: UNSIGNED_LONG,
  [ScalarType.FIXED32]: UNSIGNED,
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [ScalarType.UINT32]: UNSIGNED,
  [ScalarType.SFIXED32]: INTEGER,
  [ScalarType.SFIXED64]: LONG,
  [ScalarType.SINT32]: INTEGER,
  [ScalarType.SINT64]: LONG,
};

const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': { type: 'string', pattern: '^([a-zA-Z0-9.]+(,[a-zA-Z0-9.]+)*)?$' },
  'google.protobuf.Empty': { type: 'object' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.Any': { type: 'object', properties: { '@type': { type: 'string' } }, required: ['@type'] },
};
