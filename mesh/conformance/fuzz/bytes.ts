import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { anyInteger, anyText } from './values.ts';
import {
  concat,
  FIXED32,
  FIXED64,
  float64,
  LENGTH,
  START_GROUP,
  tag,
  VARINT,
  varint,
  WIRE_TYPES,
} from './wire-format.ts';

type Bytes = fc.Arbitrary<Uint8Array>;

/** Bytes that are a message on the wire, or nearly: with fields of a wrong wire type, in groups, repeated, or unknown. */
export function anyBytes(desc: DescMessage, known: readonly string[]): Bytes {
  const own = desc.fields.map((field) => record(fc.constant(field.number), payload(field, known)));
  const records = fc.oneof(
    { weight: 8, arbitrary: own.length > 0 ? fc.oneof(...own) : stranger },
    { weight: 1, arbitrary: stranger },
  );
  return fc.array(records, { maxLength: desc.fields.length + 2 }).map(concat);
}

interface Payload {
  readonly wireType: number;
  readonly bytes: Uint8Array;
}

const record = (number: fc.Arbitrary<number>, content: fc.Arbitrary<Payload>): Bytes =>
  fc.tuple(number, content).map(([no, { wireType, bytes }]) => concat([tag(no, wireType), bytes]));

/** Mostly what the field takes. */
const payload = (field: DescField, known: readonly string[]): fc.Arbitrary<Payload> =>
  fc.oneof({ weight: 14, arbitrary: right(field, known) }, { weight: 1, arbitrary: wrong });

function right(field: DescField, known: readonly string[]): fc.Arbitrary<Payload> {
  switch (field.fieldKind) {
    case 'enum':
      return varintOf(
        fc.oneof(
          fc.constantFrom(...field.enum.values).map(({ number }) => BigInt(number)),
          anyInteger,
        ),
      );
    case 'message':
      return delimited(anyBytes(field.message, known));
    case 'map':
      return delimited(fc.uint8Array({ maxLength: 30 }));
    case 'scalar':
      return scalar(field.scalar, known);
    case 'list': {
      if (field.listKind === 'message') return delimited(anyBytes(field.message, known));
      const item = field.listKind === 'enum' ? varintOf(anyInteger) : scalar(field.scalar, known);
      // Packed, as numbers may be, or one by one.
      const packed = fc.array(item, { maxLength: 5 }).map((items) => concat(items.map(({ bytes }) => bytes)));
      return fc.oneof(item, delimited(packed));
    }
    default:
      return field satisfies never;
  }
}

function scalar(kind: ScalarType, known: readonly string[]): fc.Arbitrary<Payload> {
  switch (kind) {
    case ScalarType.STRING:
      return delimited(
        fc.oneof(
          { weight: 12, arbitrary: anyText(known).map((text) => new TextEncoder().encode(text)) },
          { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
        ),
      );
    case ScalarType.BYTES:
      return delimited(fc.uint8Array({ maxLength: 60 }));
    case ScalarType.DOUBLE:
      return fc.double().map((number) => ({ wireType: FIXED64, bytes: float64(number) }));
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return fixed(FIXED64, 8);
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return fixed(FIXED32, 4);
    default:
      return varintOf(anyInteger);
  }
}

const varintOf = (number: fc.Arbitrary<bigint>): fc.Arbitrary<Payload> =>
  number.map((value) => ({ wireType: VARINT, bytes: varint(value) }));

const delimited = (content: Bytes): fc.Arbitrary<Payload> =>
  content.map((bytes) => ({ wireType: LENGTH, bytes: concat([varint(BigInt(bytes.length)), bytes]) }));

const fixed = (wireType: number, length: number): fc.Arbitrary<Payload> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ({ wireType, bytes }));

const wrong: fc.Arbitrary<Payload> = fc.record({
  wireType: fc.constantFrom(...WIRE_TYPES),
  bytes: fc.uint8Array({ maxLength: 12 }),
});

/** Fields that no contract has: by number, by depth, by a length that is not kept. */
const stranger: Bytes = fc.oneof(
  record(fc.integer({ min: 0, max: 0x1fffffff }), wrong),
  fc.constantFrom(10, 99, 101, 5_000).map((depth) => concat(Array(depth).fill(tag(15, START_GROUP)))),
  fc.constant(concat([tag(14, LENGTH), varint(0x7fffffffn)])),
  fc.constant(new Uint8Array(11).fill(0xff)),
);
