import { type DescField, type DescMessage, getOption } from '@bufbuild/protobuf';
import {
  type FieldRules,
  field as fieldOption,
  Ignore,
  message as messageOption,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import type { Schema } from './schema.ts';

/** A field's rules (`buf.validate`) as JSON Schema says them. */
export const fieldConstraints = (field: DescField): Schema => constraints(getOption(field, fieldOption), field);

/** Rules over a whole message, in words. */
export const messageRules = (message: DescMessage): string[] =>
  getOption(message, messageOption).cel.map((rule) => rule.message || rule.expression);

/** Whether a message without this field, or with it empty, breaks the rules. */
export function isRequired(field: DescField): boolean {
  const rules = getOption(field, fieldOption);
  if (rules.required) return true;
  if (rules.ignore === Ignore.IF_ZERO_VALUE || rules.ignore === Ignore.ALWAYS || field.oneof) return false;
  const { type } = rules;
  switch (type.case) {
    case 'string': {
      const { minLen, len, wellKnown, pattern } = type.value;
      const refusesEmpty = pattern !== '' && !new RegExp(pattern).test('');
      return (minLen ?? 0n) > 0n || (len ?? 0n) > 0n || wellKnown.case !== undefined || refusesEmpty;
    }
    case 'repeated':
      return (type.value.minItems ?? 0n) > 0n;
    case 'enum':
      return type.value.notIn.includes(0) || (type.value.in.length > 0 && !type.value.in.includes(0));
    default:
      return false;
  }
}

function constraints({ type }: FieldRules, field: DescField): Schema {
  switch (type.case) {
    case 'string': {
      const { minLen, maxLen, len, pattern, wellKnown, in: among } = type.value;
      return {
        ...limit('minLength', minLen ?? len),
        ...limit('maxLength', maxLen ?? len),
        ...(pattern && { pattern }),
        ...(wellKnown.case && { format: wellKnown.case }),
        ...(among.length > 0 && { enum: among }),
      };
    }
    case 'double':
    case 'float':
    case 'int32':
    case 'uint32':
    case 'sint32':
      return {
        ...bound(type.value.greaterThan, { gt: 'exclusiveMinimum', gte: 'minimum' }),
        ...bound(type.value.lessThan, { lt: 'exclusiveMaximum', lte: 'maximum' }),
      };
    case 'repeated': {
      const { minItems, maxItems, unique, items } = type.value;
      const element = items ? constraints(items, field) : {};
      return {
        ...limit('minItems', minItems),
        ...limit('maxItems', maxItems),
        ...(unique && { uniqueItems: true }),
        ...(Object.keys(element).length > 0 && { items: element }),
      };
    }
    case 'map':
      return { ...limit('minProperties', type.value.minPairs), ...limit('maxProperties', type.value.maxPairs) };
    case 'enum':
      return enumValues(field, type.value.in, type.value.notIn);
    default:
      return {};
  }
}

/** Proto3 has a zero for every length that is not said. */
const limit = (keyword: string, value: bigint | undefined): Schema => (value ? { [keyword]: Number(value) } : {});

type Bound = { case: string | undefined; value?: number | undefined };

const bound = (given: Bound, keywords: Record<string, string>): Schema => {
  const keyword = keywords[given.case ?? ''];
  return keyword ? { [keyword]: given.value } : {};
};

function enumValues(field: DescField, among: readonly number[], except: readonly number[]): Schema {
  if (among.length === 0 && except.length === 0) return {};
  const allowed = (field.enum?.values ?? []).filter(
    ({ number }) => (among.length === 0 || among.includes(number)) && !except.includes(number),
  );
  return { enum: allowed.map(({ name }) => name) };
}
