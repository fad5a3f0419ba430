import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ServerReflection } from '@kreki/gen/grpc/reflection/v1/reflection_pb.js';

/** A grpc-js client of a service that is known by its name only: its contract is asked of the server (grpc.reflection.v1). */
export async function reflect(address: string, service: string): Promise<ServiceClientConstructor> {
  const files = new Map<string, FileDescriptorProto>();
  const reflection = createClient(ServerReflection, createGrpcTransport({ baseUrl: `http://${address}` }));
  const ask = async (case_: 'fileContainingSymbol' | 'fileByFilename', value: string) => {
    const request = { messageRequest: { case: case_, value } } as const;
    for await (const { messageResponse } of reflection.serverReflectionInfo(once(request))) {
      if (messageResponse.case === 'errorResponse') throw new Error(messageResponse.value.errorMessage);
      if (messageResponse.case !== 'fileDescriptorResponse') continue;
      for (const bytes of messageResponse.value.fileDescriptorProto) {
        const file = fromBinary(FileDescriptorProtoSchema, bytes);
        files.set(file.name, file);
      }
    }
  };
  await ask('fileContainingSymbol', service);
  for (const file of files.values()) {
    for (const dependency of file.dependency) if (!files.has(dependency)) await ask('fileByFilename', dependency);
  }
  const set = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files.values()] }));
  const root = loadPackageDefinition(
    loadFileDescriptorSetFromBuffer(Buffer.from(set), { enums: String, longs: Number }),
  );
  const found = service.split('.').reduce<unknown>((scope, name) => (scope as Record<string, unknown>)[name], root);
  return found as ServiceClientConstructor;
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}
