import { clone, type DescMethod } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import type { Message } from '../wire/protocol.ts';

/** The same request about another object. */
export function withId({ input }: DescMethod, message: Message, field: string, id: string): Message {
  const changed = clone(input, message);
  const named = input.fields.find(({ name }) => name === field);
  if (named?.fieldKind === 'list') {
    const list = reflect(input, changed).get(named);
    list.clear();
    list.add(id);
  } else if (named?.fieldKind === 'scalar') {
    reflect(input, changed).set(named, id);
  } else {
    throw new Error(`${input.typeName} has no field ${field} for an id`);
  }
  return changed;
}
