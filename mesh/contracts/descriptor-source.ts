import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  ScalarType,
} from '@bufbuild/protobuf';

/**
 * Protobuf source of a proto2 file, from its descriptor. Options are left out: it is for compiling contracts that import the
 * file, while at run time the owning package's own descriptor is used.
 */
export function descriptorSource(file: DescFile): string {
  return [
    'syntax = "proto2";',
    `package ${file.proto.package};`,
    ...file.dependencies.map((dependency) => `import "${dependency.proto.name}";`),
    ...file.enums.map(enumSource),
    ...file.messages.map(messageSource),
    ...file.extensions.map(extensionSource),
    '',
  ].join('\n');
}

function messageSource(message: DescMessage): string {
  const oneofs = message.oneofs.map((oneof) => `oneof ${oneof.name} {\n${oneof.fields.map(bareField).join('\n')}\n}`);
  const ranges = message.proto.extensionRange.map(({ start = 0, end = 0 }) =>
    end > 536_870_911 ? `extensions ${start} to max;` : `extensions ${start} to ${end - 1};`,
  );
  return [
    `message ${message.name} {`,
    ...message.nestedEnums.map(enumSource),
    ...message.nestedMessages.filter((nested) => !nested.proto.options?.mapEntry).map(messageSource),
    ...message.fields.filter((field) => !field.oneof).map(labelledField),
    ...oneofs,
    ...ranges,
    ...message.nestedExtensions.map(extensionSource),
    '}',
  ].join('\n');
}

function enumSource(type: DescEnum): string {
  const alias = type.proto.options?.allowAlias ? ['option allow_alias = true;'] : [];
  return [`enum ${type.name} {`, ...alias, ...type.values.map((value) => `${value.name} = ${value.number};`), '}'].join(
    '\n',
  );
}

function extensionSource(extension: DescExtension): string {
  return `extend .${extension.extendee.typeName} {\n${labelledField(extension)}\n}`;
}

function labelledField(field: DescField | DescExtension): string {
  if (field.fieldKind === 'map') return bareField(field);
  return `${field.fieldKind === 'list' ? 'repeated' : 'optional'} ${bareField(field)}`;
}

function bareField(field: DescField | DescExtension): string {
  const name = field.kind === 'extension' ? field.proto.name : field.name;
  return `${typeName(field)} ${name} = ${field.number};`;
}

function typeName(field: DescField | DescExtension): string {
  if (field.fieldKind === 'map') {
    const value = field.message
      ? `.${field.message.typeName}`
      : field.enum
        ? `.${field.enum.typeName}`
        : scalar(field.scalar);
    return `map<${scalar(field.mapKey)}, ${value}>`;
  }
  if (field.message) return `.${field.message.typeName}`;
  if (field.enum) return `.${field.enum.typeName}`;
  return scalar(field.scalar);
}

const scalar = (type: ScalarType | undefined): string => (ScalarType[type ?? 0] ?? '').toLowerCase();
