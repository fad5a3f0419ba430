import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/**
 * Reads a message field by field without building it: what is kept of telemetry are a few columns and the bytes themselves.
 * `visit` reads the field's value and returns true, or returns false to have it passed over.
 */
export function walk(bytes: Uint8Array, visit: (field: number, reader: BinaryReader, wire: WireType) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (!visit(field, reader, wire)) reader.skip(wire, field);
  }
}

/** Nanoseconds since 1970 as milliseconds with fractions, exact to about a quarter of a microsecond. */
export const milliseconds = (nanos: bigint): number => Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6;

/** Text of an AnyValue that is a string, or its number or truth as text; undefined for the rest. */
export function scalarText(value: Uint8Array): string | undefined {
  let found: string | undefined;
  walk(value, (field, reader, wire) => {
    if (field === 1 && wire === WireType.LengthDelimited) found = reader.string();
    else if (field === 2 && wire === WireType.Varint) found = String(reader.bool());
    else if (field === 3 && wire === WireType.Varint) found = String(reader.int64());
    else if (field === 4 && wire === WireType.Bit64) found = String(reader.double());
    else return false;
    return true;
  });
  return found;
}

/** Calls back with the key and the value's bytes of a KeyValue. */
export function keyValue(bytes: Uint8Array): { key: string; value: Uint8Array } {
  let key = '';
  let value: Uint8Array = NOTHING;
  walk(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.bytes();
    else return false;
    return true;
  });
  return { key, value };
}

const NOTHING = new Uint8Array();

/** The resource of a batch: which process sent it. */
export interface Resource {
  /** `service.name`. */
  readonly workload: string;
  /** `service.instance.id`, else host and process id. */
  readonly instance: string;
  readonly version: string;
}

export function readResource(bytes: Uint8Array): Resource {
  const attributes = new Map<string, string>();
  walk(bytes, (field, reader) => {
    if (field !== 1) return false;
    const { key, value } = keyValue(reader.bytes());
    if (RESOURCE.has(key)) attributes.set(key, scalarText(value) ?? '');
    return true;
  });
  const host = attributes.get('host.name') ?? '';
  const pid = attributes.get('process.pid') ?? '';
  return {
    workload: attributes.get('service.name') || 'unknown_service',
    instance: attributes.get('service.instance.id') || [host, pid].filter(Boolean).join(':') || 'unknown',
    version: attributes.get('service.version') ?? '',
  };
}

export const UNKNOWN_RESOURCE: Resource = { workload: 'unknown_service', instance: 'unknown', version: '' };

const RESOURCE = new Set(['service.name', 'service.instance.id', 'service.version', 'host.name', 'process.pid']);

/**
 * The records of an export request, which for traces and logs has the same shape: batches by resource (1: the resource, 2: scopes),
 * in each the batches by scope (2: the records).
 */
export function walkRecords(request: Uint8Array, visit: (resource: Resource, record: Uint8Array) => void): void {
  walk(request, (field, reader) => {
    if (field !== 1) return false;
    const batch = reader.bytes();
    let resource = UNKNOWN_RESOURCE;
    walk(batch, (inner, resourceReader) => {
      if (inner !== 1) return false;
      resource = readResource(resourceReader.bytes());
      return true;
    });
    walk(batch, (inner, scopesReader) => {
      if (inner !== 2) return false;
      walk(scopesReader.bytes(), (recordField, recordReader) => {
        if (recordField !== 2) return false;
        visit(resource, recordReader.bytes());
        return true;
      });
      return true;
    });
    return true;
  });
}
