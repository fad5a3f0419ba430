import type { AnyValue, KeyValue } from '@kreki/gen/opentelemetry/proto/common/v1/common_pb.js';

/** Attributes as text by their names. */
export function plain(attributes: readonly KeyValue[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, textOf(value)]));
}

/** A value as text; lists and maps as JSON. */
export function textOf(value: AnyValue | undefined): string {
  const json = jsonOf(value);
  return typeof json === 'string' ? json : JSON.stringify(json ?? '');
}

function jsonOf(value: AnyValue | undefined): unknown {
  switch (value?.value.case) {
    case 'stringValue':
    case 'boolValue':
    case 'doubleValue':
      return value.value.value;
    case 'intValue':
      return Number(value.value.value);
    case 'bytesValue':
      return Buffer.from(value.value.value).toString('base64');
    case 'arrayValue':
      return value.value.value.values.map(jsonOf);
    case 'kvlistValue':
      return Object.fromEntries(value.value.value.values.map(({ key, value: inner }) => [key, jsonOf(inner)]));
    default:
      return '';
  }
}
