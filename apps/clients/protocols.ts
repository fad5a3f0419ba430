import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { type ClientReadableStream, credentials, Metadata } from '@grpc/grpc-js';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { EmergencyStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { reflect } from './reflect.ts';

/**
 * One emergency through every protocol of the edge: pressed over Connect, read over gRPC-Web, watched over gRPC by a client that knows the
 * contracts from reflection alone, called off by curl over REST. Against a mesh that `npm start` runs.
 */
const HTTP = process.env.EDGE_URL ?? 'http://127.0.0.1:8080';
const H2C = process.env.EDGE_H2C ?? '127.0.0.1:8081';
const MONAS = { latitude: -6.175392, longitude: 106.827153 };

const accounts: { role: string; email: string; password: string }[] = JSON.parse(
  readFileSync('.kreki/accounts.json', 'utf8'),
);
const citizen = accounts.find(({ role }) => role === 'public');
if (!citizen) throw new Error('.kreki/accounts.json has no citizen: is the mesh running?');

const connect = createConnectTransport({ baseUrl: HTTP });
const { accessToken } = await createClient(AuthService, connect).login(citizen);
const headers = { authorization: `Bearer ${accessToken}` };

const { emergency } = await createClient(EmergencyService, connect).triggerPanic(
  { location: MONAS, severity: Severity.URGENT, requestId: randomUUID() },
  { headers },
);
const id = emergency?.id ?? '';
console.log('Connect   TriggerPanic →', id);

const grpcWeb = createClient(EmergencyService, createGrpcWebTransport({ baseUrl: HTTP }));
const read = await grpcWeb.get({ id }, { headers });
console.log('gRPC-Web  Get          →', EmergencyStatus[read.emergency?.status ?? 0]);

const Emergencies = await reflect(H2C, 'kreki.emergency.v1.EmergencyService');
const grpc = new Emergencies(H2C, credentials.createInsecure());
const metadata = new Metadata();
metadata.set('authorization', headers.authorization);
const watched: ClientReadableStream<{ emergency: { status: string } }> = grpc.Watch?.({ id }, metadata);
const states: string[] = [];
const ended = new Promise<void>((resolve, reject) => {
  watched.on('data', ({ emergency }) => states.push(emergency.status));
  watched.on('end', resolve);
  watched.on('error', reject);
});

await once(watched, 'data');

const answer = execFileSync('curl', [
  ...['-sS', '-X', 'PUT', `${HTTP}/api/emergency/${id}/cancel`],
  ...['-H', `Authorization: ${headers.authorization}`, '-H', 'Content-Type: application/json'],
  ...['-d', JSON.stringify({ reason: 'CANCEL_REASON_FALSE_ALARM' })],
]);
console.log('REST      cancel       →', JSON.parse(answer.toString()).emergency.status);
await ended;
console.log('gRPC      Watch        →', states.join(' → '));
grpc.close();
