import type { DescField, DescMessage, MessageShape } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const known = new WeakMap<DescMessage, readonly DescField[]>();

/**
 * UUIDs that a request names in `id` and `…_id`, as attributes `kreki.request.<field>`: by them everything about one emergency can be
 * found again. Nothing else of a request goes into telemetry.
 */
export function idsOf(schema: DescMessage, message: MessageShape<DescMessage>): Record<string, string> {
  let fields = known.get(schema);
  if (!fields) {
    fields = schema.fields.filter(
      ({ fieldKind, scalar, name }) => fieldKind === 'scalar' && scalar === ScalarType.STRING && ID.test(name),
    );
    known.set(schema, fields);
  }
  const found: Record<string, string> = {};
  for (const { name, localName } of fields) {
    const value = (message as unknown as Record<string, unknown>)[localName];
    if (typeof value === 'string' && UUID.test(value)) found[`kreki.request.${name}`] = value;
  }
  return found;
}

/** A request's own id says nothing of what it is about. */
const ID = /^(?!request_id$)(.+_)?id$/;
