import type { DescEnum, DescMessage, JsonValue } from '@bufbuild/protobuf';
import { isObject } from './bind.ts';

/** Path of the first field of a message's JSON whose enum has no value of that name, such as `role.permissions[2].action`. */
export function findUnknownEnumValue(message: DescMessage, json: JsonValue, path = ''): string | undefined {
  if (!isObject(json)) return undefined;
  for (const field of message.fields) {
    const value = json[field.jsonName] ?? json[field.name];
    if (value === undefined) continue;
    const here = path ? `${path}.${field.jsonName}` : field.jsonName;
    const items: [string, JsonValue][] = Array.isArray(value)
      ? value.map((item, index) => [`${here}[${index}]`, item])
      : [[here, value]];
    for (const [at, item] of items) {
      const found = field.enum
        ? isUnknown(field.enum, item) && at
        : field.message && findUnknownEnumValue(field.message, item, at);
      if (found) return found;
    }
  }
  return undefined;
}

const isUnknown = (type: DescEnum, value: JsonValue) =>
  typeof value === 'string' && !type.values.some(({ name }) => name === value);
