import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { Path } from '@bufbuild/protobuf/reflect';
import { Violation } from '@bufbuild/protovalidate';

/** Years 1 to 9999, and 10,000 years, as `google/protobuf/timestamp.proto` and `duration.proto` have them; nobody holds bytes to that. */
const TIMESTAMP_SECONDS = [-62_135_596_800n, 253_402_300_799n] as const;
const DURATION_SECONDS = [-315_576_000_000n, 315_576_000_000n] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What no message may hold, whatever its rules say, as it can be neither stored nor reckoned with: the character U+0000 in text, which
 * PostgreSQL has not, and times outside of what a Timestamp or a Duration is.
 */
export function illFormed({ fields }: DescMessage, message: Fields, path: Path = []): Violation | undefined {
  for (const field of fields) {
    const value = field.oneof ? inOneof(field, message) : message[field.localName];
    const found = value === undefined ? undefined : inValue(field, value, [...path, field]);
    if (found) return found;
  }
  return undefined;
}

function inOneof({ oneof, localName }: DescField, message: Fields): unknown {
  const chosen = message[oneof?.localName ?? ''] as { readonly case?: string; readonly value?: unknown } | undefined;
  return chosen?.case === localName ? chosen.value : undefined;
}

function inValue(field: DescField, value: unknown, path: Path): Violation | undefined {
  switch (field.fieldKind) {
    case 'scalar':
      return inText(value, path);
    case 'message':
      return inMessage(field.message, value as Fields, path);
    case 'list':
      if (field.listKind === 'enum') return undefined;
      for (const [index, item] of (value as unknown[]).entries()) {
        const at: Path = [...path, { kind: 'list_sub', index }];
        const found = field.listKind === 'message' ? inMessage(field.message, item as Fields, at) : inText(item, at);
        if (found) return found;
      }
      return undefined;
    case 'map':
      for (const [key, item] of Object.entries(value as object)) {
        const at: Path = [...path, { kind: 'map_sub', key }];
        const inside = field.mapKind === 'message' ? inMessage(field.message, item, at) : inText(item, at);
        const found = inText(key, at) ?? inside;
        if (found) return found;
      }
      return undefined;
    case 'enum':
      return undefined;
    default:
      return field satisfies never;
  }
}

const inText = (value: unknown, path: Path): Violation | undefined =>
  typeof value === 'string' && value.includes('\0')
    ? new Violation('must not contain the character U+0000', 'string.no_nul', path, [], false)
    : undefined;

function inMessage(desc: DescMessage, message: Fields, path: Path): Violation | undefined {
  switch (desc.typeName) {
    case 'google.protobuf.Timestamp':
      return isWithin(message, TIMESTAMP_SECONDS, 0)
        ? undefined
        : new Violation('must be a time from year 1 to 9999', 'timestamp.range', path, [], false);
    case 'google.protobuf.Duration':
      return isWithin(message, DURATION_SECONDS, -999_999_999)
        ? undefined
        : new Violation('must be a duration of up to 10,000 years', 'duration.range', path, [], false);
    default:
      return illFormed(desc, message, path);
  }
}

function isWithin(message: Fields, [least, most]: readonly [bigint, bigint], leastNanos: number): boolean {
  const { seconds = 0n, nanos = 0 } = message as { readonly seconds?: bigint; readonly nanos?: number };
  return seconds >= least && seconds <= most && nanos >= leastNanos && nanos <= 999_999_999;
}
