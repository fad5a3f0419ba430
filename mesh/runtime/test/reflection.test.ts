import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { type Client, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { ServerReflection } from '@kreki/gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '@kreki/gen/grpc/reflection/v1alpha/reflection_pb.js';
import { AUTHORITY_FILE, IDENTITY_FILE } from '../identity/certificates.ts';
import { startAnswering } from '../testing/answering.ts';
import { testIdentities } from '../testing/identities.ts';

const identities = testIdentities();
let server: Awaited<ReturnType<typeof startAnswering>>;
before(async () => {
  server = await startAnswering(identities.of('auth'), {});
});
after(async () => {
  await server.stop();
  identities.stop();
});

/** Asks one question, in either version, as somebody who looks after the mesh. */
async function ask(version: typeof ServerReflection | typeof ServerReflectionAlpha, messageRequest: object) {
  const folder = identities.folderOf('operator');
  const identity = readFileSync(join(folder, IDENTITY_FILE));
  const ca = readFileSync(join(folder, AUTHORITY_FILE));
  const transport = createGrpcTransport({
    baseUrl: server.url,
    nodeOptions: { cert: identity, key: identity, ca, servername: 'auth' },
  });
  const client: Client<typeof ServerReflection> = createClient(version as typeof ServerReflection, transport);
  const questions = (async function* () {
    yield { messageRequest } as object;
  })();
  for await (const { messageResponse } of client.serverReflectionInfo(questions)) return messageResponse;
  return assert.fail('no answer');
}

for (const version of [ServerReflection, ServerReflectionAlpha]) {
  test(`${version.typeName} lists what a process serves, again and again`, async () => {
    for (let asked = 0; asked < 2; asked += 1) {
      const answer = await ask(version, { case: 'listServices', value: '' });
      assert.equal(answer.case, 'listServicesResponse');
      const names = (answer.value as { service: { name: string }[] }).service.map(({ name }) => name);
      assert.deepEqual(names.sort(), ['kreki.auth.v1.AuthService', 'kreki.auth.v1.DirectoryService']);
    }
  });
}

test('reflection gives the file of a service with its RPCs', async () => {
  const answer = await ask(ServerReflection, {
    case: 'fileContainingSymbol',
    value: 'kreki.auth.v1.DirectoryService',
  });
  assert.equal(answer.case, 'fileDescriptorResponse');
  const files = (answer.value as { fileDescriptorProto: Uint8Array[] }).fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
  const rpcs = files.flatMap(({ service }) => service.flatMap(({ method }) => method.map(({ name }) => name)));
  assert.ok(rpcs.includes('BatchGetContacts'), rpcs.join());
});
