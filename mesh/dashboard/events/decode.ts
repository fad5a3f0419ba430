import { createRegistry, type DescFile, fromBinary, type JsonValue, type Registry, toJson } from '@bufbuild/protobuf';
import { serviceNames, services } from '../../topology.ts';
import { isPrivate, MASK } from '../mask.ts';

/** Reads the contracts of every domain's events. */
export async function loadEventTypes(): Promise<Registry> {
  const domains = serviceNames.filter((name) => services[name].publishes);
  const stubs = await Promise.all(
    domains.map(async (domain) => {
      const file = `${domain}_events`;
      const module = await import(`@kreki/gen/kreki/${domain}/v1/${file}_pb.js`);
      return module[`file_kreki_${domain}_v1_${file}`] as DescFile;
    }),
  );
  return createRegistry(...stubs);
}

/** An event's content as JSON, personal data masked; empty when its contract is not known or it does not keep to it. */
export function eventJson(types: Registry, type: string, payload: Uint8Array): string {
  const schema = types.getMessage(type);
  if (!schema) return '';
  try {
    return JSON.stringify(withoutPersons(toJson(schema, fromBinary(schema, payload), { registry: types })));
  } catch {
    return '';
  }
}

function withoutPersons(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutPersons);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, isPrivate(name) ? MASK : withoutPersons(inner)]),
  );
}
