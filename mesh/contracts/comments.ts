import { execFileSync } from 'node:child_process';
import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** Field numbers within descriptor.proto, of which a source location's path is made. */
const FILE = { messages: 4, enums: 5, services: 6 } as const;
const MESSAGE = { fields: 2, nested: 3, enums: 4 } as const;
const VALUES = 2;
const METHODS = 2;

interface Named {
  readonly name: string;
}
interface Message extends Named {
  readonly field: readonly Named[];
  readonly nestedType: readonly Message[];
  readonly enumType: readonly Enum[];
}
interface Enum extends Named {
  readonly value: readonly Named[];
}

/**
 * What the contracts say in comments, by fully qualified name (`kreki.auth.v1.AuthService.Login`, `kreki.auth.v1.LoginRequest.email`): stubs
 * carry none, and the documentation is made of them.
 */
export function contractComments(): Record<string, string> {
  const image = execFileSync('node_modules/.bin/buf', ['build', '-o', '-#format=binpb'], { maxBuffer: 64 << 20 });
  const { file } = fromBinary(FileDescriptorSetSchema, image);
  const found = file.filter(({ package: name }) => name.startsWith('kreki.')).flatMap(commentsOf);
  return Object.fromEntries(found.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function commentsOf(file: FileDescriptorProto): [name: string, comment: string][] {
  const names = new Map<string, string>();
  const enums = (types: readonly Enum[], path: string, scope: string) => {
    for (const [index, type] of types.entries()) {
      const at = `${path}.${index}`;
      names.set(at, `${scope}.${type.name}`);
      type.value.forEach(({ name }, i) => void names.set(`${at}.${VALUES}.${i}`, `${scope}.${type.name}.${name}`));
    }
  };
  const messages = (types: readonly Message[], path: string, scope: string) => {
    for (const [index, type] of types.entries()) {
      const at = `${path}.${index}`;
      const name = `${scope}.${type.name}`;
      names.set(at, name);
      type.field.forEach((field, i) => void names.set(`${at}.${MESSAGE.fields}.${i}`, `${name}.${field.name}`));
      messages(type.nestedType, `${at}.${MESSAGE.nested}`, name);
      enums(type.enumType, `${at}.${MESSAGE.enums}`, name);
    }
  };
  messages(file.messageType, `${FILE.messages}`, file.package);
  enums(file.enumType, `${FILE.enums}`, file.package);
  for (const [index, service] of file.service.entries()) {
    const at = `${FILE.services}.${index}`;
    names.set(at, `${file.package}.${service.name}`);
    service.method.forEach(({ name }, i) => {
      names.set(`${at}.${METHODS}.${i}`, `${file.package}.${service.name}.${name}`);
    });
  }
  return (file.sourceCodeInfo?.location ?? []).flatMap(({ path, leadingComments }): [string, string][] => {
    const name = names.get(path.join('.'));
    return name && leadingComments ? [[name, asText(leadingComments)]] : [];
  });
}

/** Lines that a comment was broken into for its width become one; an empty line remains a paragraph. */
const asText = (comment: string): string =>
  comment
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim().replace(/\s*\n\s*/g, ' '))
    .filter(Boolean)
    .join('\n\n');
