import { type DescEnum, ScalarType } from '@bufbuild/protobuf';
import type { FieldRules, StringRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import fc from 'fast-check';

const MAX_LENGTH = 40;

/** Values of an enum that the rules allow. */
export function enumValue(desc: DescEnum, { type }: FieldRules): fc.Arbitrary<number> {
  const { in: among = [], notIn = [] } = type.case === 'enum' ? type.value : {};
  const numbers = desc.values.map(({ number }) => number);
  const allowed = numbers.filter((each) => (among.length === 0 || among.includes(each)) && !notIn.includes(each));
  return fc.constantFrom(...allowed);
}

/** Values of a scalar that the rules allow, or nearly: exclusive bounds are left to the check of the whole message. */
export function scalar(kind: ScalarType, rules: FieldRules): fc.Arbitrary<unknown> {
  switch (kind) {
    case ScalarType.STRING:
      return text(rules.type.case === 'string' ? rules.type.value : undefined);
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: MAX_LENGTH });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return fc.double({ ...range(rules, -1_000), noNaN: true });
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return fc.bigInt(0n, 1_000n);
    case ScalarType.INT32:
    case ScalarType.UINT32:
    case ScalarType.SINT32:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return fc.integer(range(rules, 0));
    default:
      return kind satisfies never;
  }
}

function range({ type }: FieldRules, lowest: number): { min: number; max: number } {
  const rules = type.case === 'double' || type.case === 'int32' || type.case === 'uint32' ? type.value : undefined;
  const min = rules?.greaterThan.value ?? lowest;
  return { min, max: rules?.lessThan.value ?? min + 1_000 };
}

function text(rules: StringRules | undefined): fc.Arbitrary<string> {
  if (!rules) return fc.string({ maxLength: MAX_LENGTH });
  if (rules.in.length > 0) return fc.constantFrom(...rules.in);
  const minLength = Number(rules.minLen ?? rules.len ?? 0n);
  const maxLength = Math.max(minLength, Math.min(Number(rules.maxLen || rules.len || MAX_LENGTH), MAX_LENGTH));
  switch (rules.wellKnown.case) {
    case 'uuid':
      return fc.uuid();
    case 'email':
      return fc.uuid().map((id) => `${id}@kreki.example`);
    case undefined:
      break;
    default:
      throw new Error(`strings that are ${rules.wellKnown.case} are not known here`);
  }
  if (rules.pattern) return fc.stringMatching(new RegExp(rules.pattern, 'u'), { maxLength });
  return fc.string({ unit: 'grapheme-ascii', minLength, maxLength });
}
