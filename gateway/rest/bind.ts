import { type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';

/**
 * Puts values from a path or a query into a message's proto3 JSON: `location.latitude=-6.2`, fields named as in the contract or in camelCase,
 * a repeated field given several times. What cannot be bound is refused by name.
 */
export interface Binder {
  set(json: JsonObject, name: string, values: readonly string[]): void;
}

interface Binding {
  /** The messages on the way, from the outermost. */
  readonly parents: readonly DescField[];
  readonly field: DescField;
}

export function createBinder(message: DescMessage): Binder {
  const known = new Map<string, Binding>();
  const bindingOf = (name: string): Binding => {
    let binding = known.get(name);
    if (!binding) {
      binding = findField(message, name);
      known.set(name, binding);
    }
    return binding;
  };
  return {
    set(json, name, values) {
      const { parents, field } = bindingOf(name);
      let target = json;
      for (const parent of parents) target = inside(target, parent);
      if (field.name !== field.jsonName) delete target[field.name];
      target[field.jsonName] = jsonFrom(field, name, values);
    },
  };
}

/** The object at a field, made when absent; a body may have named the field either way. */
function inside(json: JsonObject, field: DescField): JsonObject {
  const there = json[field.jsonName] ?? json[field.name];
  if (field.name !== field.jsonName) delete json[field.name];
  const object = isObject(there) ? there : {};
  json[field.jsonName] = object;
  return object;
}

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The field that a parameter names, and the messages it is within; throws INVALID_ARGUMENT when there is none that takes text. */
export function findField(message: DescMessage, name: string): Binding {
  const parents: DescField[] = [];
  let within = message;
  const steps = name.split('.');
  for (const [index, step] of steps.entries()) {
    const field = within.fields.find((candidate) => candidate.name === step || candidate.jsonName === step);
    if (!field) throw unknownParameter(name);
    if (index === steps.length - 1) {
      if (!takesText(field)) throw badParameter(name, 'is a message; name a field of it');
      return { parents, field };
    }
    if (field.fieldKind !== 'message' || isWrittenAsText(field.message)) throw unknownParameter(name);
    parents.push(field);
    within = field.message;
  }
  throw unknownParameter(name);
}

/** Whether a field's value can be given as text: scalars, enums, and messages whose JSON is a text or number. */
export function takesText(field: DescField): boolean {
  switch (field.fieldKind) {
    case 'scalar':
    case 'enum':
      return true;
    case 'message':
      return isWrittenAsText(field.message);
    case 'list':
      return field.listKind !== 'message' || isWrittenAsText(field.message);
    case 'map':
      return false;
    default:
      return field satisfies never;
  }
}

const WRITTEN_AS_TEXT = /^google\.protobuf\.(Timestamp|Duration|FieldMask|\w+Value)$/;
const isWrittenAsText = (message: DescMessage) =>
  WRITTEN_AS_TEXT.test(message.typeName) && message.typeName !== 'google.protobuf.ListValue';

function jsonFrom(field: DescField, name: string, values: readonly string[]): JsonValue {
  const json = (text: string) => jsonOf(field, name, text);
  if (field.fieldKind === 'list') return values.map(json);
  const [only, ...more] = values;
  if (only === undefined || more.length > 0) throw badParameter(name, 'may be given once only');
  return json(only);
}

function jsonOf(field: DescField, name: string, text: string): JsonValue {
  const isBoolean = field.scalar === ScalarType.BOOL || field.message?.typeName === 'google.protobuf.BoolValue';
  if (isBoolean) {
    if (text !== 'true' && text !== 'false') throw badParameter(name, `must be true or false, not "${text}"`);
    return text === 'true';
  }
  if (field.enum && /^-?\d+$/.test(text)) return Number(text);
  return text;
}

const unknownParameter = (name: string) =>
  fail(Code.InvalidArgument, 'UNKNOWN_PARAMETER', `there is no parameter "${name}" here`, { parameter: name });

const badParameter = (name: string, what: string) =>
  fail(Code.InvalidArgument, 'BAD_PARAMETER', `the parameter "${name}" ${what}`, { parameter: name });
