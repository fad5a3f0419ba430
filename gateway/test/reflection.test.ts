import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import * as grpc from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { Health, HealthCheckResponse_ServingStatus as Status } from '@kreki/gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '@kreki/gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '@kreki/gen/grpc/reflection/v1alpha/reflection_pb.js';
import { bearer, Code, rejection } from './clients.ts';
import { startEdge, type TestEdge } from './harness.ts';

let edge: TestEdge;
before(async () => {
  edge = await startEdge();
});
after(() => edge.stop());

const transport = () => createGrpcTransport({ baseUrl: edge.gateway.h2cUrl });

async function* asking<T>(...questions: T[]) {
  yield* questions;
}

/** Asks one question of reflection, in either version. */
async function ask(version: typeof ServerReflection | typeof ServerReflectionAlpha, messageRequest: object) {
  const client = createClient(version as typeof ServerReflection, transport());
  for await (const { messageResponse } of client.serverReflectionInfo(asking({ messageRequest } as object))) {
    return messageResponse;
  }
  return assert.fail('no answer');
}

async function filesWith(symbol: string): Promise<FileDescriptorProto[]> {
  const answer = await ask(ServerReflection, { case: 'fileContainingSymbol', value: symbol });
  assert.equal(answer.case, 'fileDescriptorResponse');
  return (answer.value as { fileDescriptorProto: Uint8Array[] }).fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
}

test('a grpc-js client without stubs learns the contract from the edge, and calls by it', async () => {
  const file = await filesWith('kreki.emergency.v1.EmergencyService');
  const bytes = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
  const definition = loadFileDescriptorSetFromBuffer(Buffer.from(bytes), { enums: String });
  const kreki = grpc.loadPackageDefinition(definition).kreki as unknown as {
    emergency: { v1: { EmergencyService: grpc.ServiceClientConstructor } };
  };
  const address = edge.gateway.h2cUrl.replace('http://', '');
  const client = new kreki.emergency.v1.EmergencyService(address, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set(
    'authorization',
    bearer(await edge.identity.tokenFor({ permissions: ['emergencies:create'] })).authorization,
  );
  const press = { location: { latitude: -6.175, longitude: 106.827 } };
  const answer = await new Promise<{ emergency: { status: string } }>((resolve, reject) => {
    client.TriggerPanic?.(press, metadata, (error: Error | null, value: { emergency: { status: string } }) =>
      error ? reject(error) : resolve(value),
    );
  });
  client.close();
  assert.equal(answer.emergency.status, 'EMERGENCY_STATUS_PENDING');
});

test('both versions of reflection list what is offered, and nothing that is for the mesh only', async () => {
  for (const version of [ServerReflection, ServerReflectionAlpha]) {
    const answer = await ask(version, { case: 'listServices', value: '' });
    const names = (answer.value as { service: { name: string }[] }).service.map(({ name }) => name);
    assert.ok(names.includes('kreki.emergency.v1.EmergencyService'));
    assert.ok(names.includes('grpc.health.v1.Health'));
    assert.ok(!names.includes('kreki.auth.v1.DirectoryService'));
  }
});

test('a symbol’s file comes first, with all that it imports', async () => {
  const files = await filesWith('kreki.emergency.v1.TriggerPanicRequest.location');
  const names = files.map(({ name }) => name);
  assert.equal(names[0], 'kreki/emergency/v1/emergency_service.proto');
  for (const { dependency } of files) for (const name of dependency) assert.ok(names.includes(name), name);
});

test('extensions are found by their number, and what is not there is an answer, not an end', async () => {
  const containingType = 'google.protobuf.MethodOptions';
  const numbers = await ask(ServerReflection, { case: 'allExtensionNumbersOfType', value: containingType });
  assert.ok((numbers.value as { extensionNumber: number[] }).extensionNumber.includes(50_119));
  const value = { containingType, extensionNumber: 50_119 };
  assert.equal(
    (await ask(ServerReflection, { case: 'fileContainingExtension', value })).case,
    'fileDescriptorResponse',
  );
  const missing = await ask(ServerReflection, { case: 'fileContainingSymbol', value: 'kreki.Nothing' });
  assert.equal(missing.case, 'errorResponse');
  assert.equal((missing.value as { errorCode: number }).errorCode, Code.NotFound);
});

test('health over gRPC: the edge as a whole, each service, and what is no service', async () => {
  const health = createClient(Health, transport());
  for (const service of ['', 'kreki.emergency.v1.EmergencyService']) {
    let status = Status.UNKNOWN;
    for (let i = 0; i < 50 && status !== Status.SERVING; i++) ({ status } = await health.check({ service }));
    assert.equal(status, Status.SERVING, service);
  }
  assert.equal((await rejection(health.check({ service: 'nothing' }))).code, Code.NotFound);
  for await (const { status } of health.watch({ service: 'nothing' })) {
    assert.equal(status, Status.SERVICE_UNKNOWN);
    break;
  }
});
