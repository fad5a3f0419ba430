import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code, type ServiceImpl } from '@connectrpc/connect';
import type { ServerReflection } from '@kreki/gen/grpc/reflection/v1/reflection_pb.js';
import type { ServerReflection as ServerReflectionAlpha } from '@kreki/gen/grpc/reflection/v1alpha/reflection_pb.js';

/** A question of either version. */
interface Asked {
  readonly host: string;
  readonly messageRequest:
    | { case: 'listServices' | 'fileByFilename' | 'fileContainingSymbol' | 'allExtensionNumbersOfType'; value: string }
    | { case: 'fileContainingExtension'; value: { containingType: string; extensionNumber: number } }
    | { case: undefined; value?: undefined };
}

type Answer =
  | { case: 'listServicesResponse'; value: { service: { name: string }[] } }
  | { case: 'fileDescriptorResponse'; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: 'allExtensionNumbersResponse'; value: { baseTypeName: string; extensionNumber: number[] } }
  | { case: 'errorResponse'; value: { errorCode: number; errorMessage: string } };

/** gRPC server reflection of the services given, for clients that have no stubs. Both versions of it speak alike. */
export function reflectionService(
  services: readonly DescService[],
): ServiceImpl<typeof ServerReflection> & ServiceImpl<typeof ServerReflectionAlpha> {
  const index = indexOf(services);
  const respond = (asked: Asked['messageRequest']): Answer => {
    switch (asked.case) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: services.map(({ typeName }) => ({ name: typeName })) },
        };
      case 'fileByFilename':
        return filesFrom(index.files.get(asked.value), asked.value);
      case 'fileContainingSymbol':
        return filesFrom(index.symbols.get(asked.value), asked.value);
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = asked.value;
        const file = index.extensions.get(containingType)?.get(extensionNumber);
        return filesFrom(file, `extension ${extensionNumber} of ${containingType}`);
      }
      case 'allExtensionNumbersOfType': {
        const numbers = [...(index.extensions.get(asked.value)?.keys() ?? [])];
        if (numbers.length === 0 && !index.symbols.has(asked.value)) return notFound(asked.value);
        return {
          case: 'allExtensionNumbersResponse',
          value: { baseTypeName: asked.value, extensionNumber: numbers.sort((a, b) => a - b) },
        };
      }
      case undefined:
        return { case: 'errorResponse', value: { errorCode: Code.InvalidArgument, errorMessage: 'nothing was asked' } };
      default:
        return asked satisfies never;
    }
  };
  return {
    async *serverReflectionInfo(requests: AsyncIterable<Asked>) {
      for await (const { host, messageRequest } of requests) {
        const originalRequest = { host, messageRequest };
        yield { validHost: host, originalRequest, messageResponse: respond(messageRequest) };
      }
    },
  };
}

const notFound = (what: string): Answer => ({
  case: 'errorResponse',
  value: { errorCode: Code.NotFound, errorMessage: `${what} is not known here` },
});

/** A file with all that it imports, each after what it needs. */
function filesFrom(file: DescFile | undefined, what: string): Answer {
  if (!file) return notFound(what);
  const all = new Set<DescFile>();
  collect(file, all);
  // The file that was asked for comes first.
  const ordered = [...all].reverse();
  return {
    case: 'fileDescriptorResponse',
    value: { fileDescriptorProto: ordered.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)) },
  };
}

function collect(file: DescFile, into: Set<DescFile>): void {
  if (into.has(file)) return;
  for (const dependency of file.dependencies) collect(dependency, into);
  into.add(file);
}

function indexOf(services: readonly DescService[]) {
  const all = new Set<DescFile>();
  for (const { file } of services) collect(file, all);
  const files = new Map<string, DescFile>();
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const file of all) {
    files.set(file.proto.name, file);
    for (const symbol of symbolsOf(file)) symbols.set(symbol, file);
    for (const { extendee, number } of file.extensions) {
      const numbers = extensions.get(extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(extendee.typeName, numbers.set(number, file));
    }
  }
  return { files, symbols, extensions };
}

function* symbolsOf(file: DescFile): Iterable<string> {
  for (const service of file.services) {
    yield service.typeName;
    for (const { name } of service.methods) yield `${service.typeName}.${name}`;
  }
  for (const { typeName } of file.enums) yield typeName;
  for (const { typeName } of file.extensions) yield typeName;
  const messages = [...file.messages];
  for (const message of messages) {
    yield message.typeName;
    for (const { name } of message.fields) yield `${message.typeName}.${name}`;
    for (const { typeName } of message.nestedEnums) yield typeName;
    messages.push(...message.nestedMessages);
  }
}
