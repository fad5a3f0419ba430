import { create, type DescField, type DescMessage, getOption } from '@bufbuild/protobuf';
import { type FieldRules, field as fieldOption, Ignore } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { validate } from '@kreki/runtime/rpc/interceptors/validation';
import fc from 'fast-check';
import type { Message } from '../wire/protocol.ts';
import { enumValue, scalar } from './scalars.ts';

const MAX_MISSES = 10_000;
const MAX_ITEMS = 3;
const NOW_SECONDS = Math.floor(Date.now() / 1_000);

/** Any message that keeps to the rules of its contract. */
export function validMessage(desc: DescMessage): fc.Arbitrary<Message> {
  let misses = 0;
  return fields(desc)
    .map((init) => create(desc, init))
    .filter((message) => {
      if (isValid(desc, message)) {
        misses = 0;
        return true;
      }
      misses += 1;
      if (misses > MAX_MISSES)
        throw new Error(`no valid ${desc.typeName} was found: it has rules that are not known here`);
      return false;
    });
}

function isValid(desc: DescMessage, message: Message): boolean {
  try {
    validate(desc, message);
    return true;
  } catch {
    return false;
  }
}

type Fields = fc.Arbitrary<Record<string, unknown>>;

function fields(desc: DescMessage): Fields {
  const known = WELL_KNOWN[desc.typeName];
  if (known) return known;
  const alone = desc.fields.filter(({ oneof }) => oneof === undefined);
  const oneofs = desc.oneofs.map((oneof): [string, fc.Arbitrary<unknown>] => [
    oneof.localName,
    fc.oneof(
      ...oneof.fields.map((each) =>
        fc.record({ case: fc.constant(each.localName), value: value(each, rulesOf(each)) }),
      ),
    ),
  ]);
  return fc.record(Object.fromEntries([...alone.map((each) => [each.localName, field(each)]), ...oneofs]));
}

const rulesOf = (each: DescField): FieldRules => getOption(each, fieldOption);

/** What may be left out is left out now and then. */
function field(each: DescField): fc.Arbitrary<unknown> {
  // Tokens of pages are the server's to make.
  if (each.name === 'page_token') return fc.constant('');
  const rules = rulesOf(each);
  const given = value(each, rules);
  const mayBeAbsent = each.fieldKind === 'message' ? !rules.required : rules.ignore === Ignore.IF_ZERO_VALUE;
  return mayBeAbsent ? fc.option(given, { nil: undefined }) : given;
}

function value(each: DescField, rules: FieldRules): fc.Arbitrary<unknown> {
  switch (each.fieldKind) {
    case 'scalar':
      return scalar(each.scalar, rules);
    case 'enum':
      return enumValue(each.enum, rules);
    case 'message':
      return message(each.message, rules);
    case 'list':
      return list(each, rules);
    case 'map':
      return fc.constant({});
    default:
      return each satisfies never;
  }
}

const NO_RULES = { type: { case: undefined } } as FieldRules;

function list(each: DescField & { fieldKind: 'list' }, { type }: FieldRules): fc.Arbitrary<unknown[]> {
  const rules = type.case === 'repeated' ? type.value : undefined;
  const item = rules?.items ?? NO_RULES;
  const element =
    each.listKind === 'scalar'
      ? scalar(each.scalar, item)
      : each.listKind === 'enum'
        ? enumValue(each.enum, item)
        : message(each.message, item);
  const length = {
    minLength: Number(rules?.minItems ?? 0n),
    maxLength: Math.min(Number(rules?.maxItems || MAX_ITEMS), MAX_ITEMS),
  };
  return rules?.unique ? fc.uniqueArray(element, length) : fc.array(element, length);
}

function message(desc: DescMessage, { type }: FieldRules): fc.Arbitrary<unknown> {
  if (type.case === 'timestamp') return timestamp(Number(seconds(type.value.greaterThan) ?? 0n));
  if (type.case === 'duration') {
    return duration((seconds(type.value.greaterThan) ?? -1n) + 1n, seconds(type.value.lessThan) ?? 3_600n);
  }
  return fields(desc);
}

/** Of a bound; one that is set by the clock is left to the check of the whole message. */
const seconds = (bound: { readonly value?: { readonly seconds: bigint } | boolean | undefined }): bigint | undefined =>
  typeof bound.value === 'object' ? bound.value.seconds : undefined;

const timestamp = (from: number) =>
  fc.integer({ min: from, max: NOW_SECONDS }).map((at) => ({ seconds: BigInt(at), nanos: 0 }));

const duration = (from: bigint, to: bigint) => fc.bigInt(from, to).map((each) => ({ seconds: each, nanos: 0 }));

/** Messages that mean more than their fields say. */
const WELL_KNOWN: Readonly<Record<string, Fields>> = {
  'google.protobuf.Timestamp': timestamp(0),
  'google.protobuf.Duration': duration(0n, 3_600n),
  'google.protobuf.FieldMask': fc.constant({ paths: [] }),
  'google.api.HttpBody': fc.record({
    contentType: fc.constant('application/json'),
    data: fc.json().map((text) => Buffer.from(text)),
  }),
};
