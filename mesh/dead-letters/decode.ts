/** What an event says, by its contract, without what tells who somebody is. */
import {
  createRegistry,
  type DescFile,
  type DescMessage,
  fromBinary,
  type JsonObject,
  type JsonValue,
  type Registry,
  toJson,
} from '@bufbuild/protobuf';
import { serviceNames, services } from '../topology.ts';

const MASK = '•••';

/** E-mail addresses; and what is as long as a phone number or a NIK, unless it is part of an id. */
const PERSONAL = /[\w.+-]+@[\w-]+(\.[\w-]+)+|(?<![\w-])\+?\d[\d .-]{7,}\d(?![\w-])/g;

/** The contracts of every event that is published. */
export async function eventContracts(): Promise<Registry> {
  const files = await Promise.all(
    serviceNames
      .filter((name) => services[name].publishes)
      .map((name) => import(`@kreki/gen/kreki/${name}/v1/${name}_events_pb.js`)),
  );
  return createRegistry(...files.flatMap((file) => Object.values(file).filter(isFile)));
}

/** The event as JSON with personal data masked; undefined when no contract knows it or its bytes do not decode. */
export function decode(contracts: Registry, { subject, payload }: { subject: string; payload: Uint8Array }) {
  const contract = contracts.getMessage(subject);
  if (!contract) return undefined;
  try {
    return maskFields(contract, toJson(contract, fromBinary(contract, payload), { registry: contracts }));
  } catch {
    return undefined;
  }
}

/** A text, such as a reason, without what looks like an address or a number of somebody. */
export const maskText = (text: string): string => text.replaceAll(PERSONAL, MASK);

/** Fields that the contract marks with `debug_redact` are masked whatever they hold, and all other texts where they look personal. */
function maskFields(contract: DescMessage, json: JsonValue): JsonValue {
  // Well-known types are texts or numbers.
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return json;
  const masked: JsonObject = {};
  for (const [name, value] of Object.entries(json)) {
    const field = contract.fields.find(({ jsonName }) => jsonName === name);
    const each = (one: JsonValue): JsonValue => {
      if (field?.proto.options?.debugRedact) return MASK;
      if (Array.isArray(one)) return one.map(each);
      if (field?.message) return maskFields(field.message, one);
      return typeof one === 'string' ? maskText(one) : one;
    };
    masked[name] = each(value);
  }
  return masked;
}

const isFile = (value: unknown): value is DescFile =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file';
