/** The process that streams positions of many volunteers to the volunteer service, as the edge does: over the mesh's mTLS, each with a token. */

import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  StreamLocationsRequestSchema,
  StreamLocationsResponseSchema,
  VolunteerService,
} from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { pathOf } from '@kreki/runtime/rpc/rules';
import { AUTHORITY_FILE, IDENTITY_FILE } from '../../mesh/runtime/identity/certificates.ts';
import { answerParent } from '../answer-parent.ts';
import { frameOf, openGrpcStream, PREFIX_BYTES } from '../generator/grpc-stream.ts';
import type { Moving, Order, Outcome, Setting } from './order.ts';

const PATH = pathOf(VolunteerService.method.streamLocations);
/** Places that a volunteer goes to and fro between. */
const PLACES = 8;
const STEP_DEGREES = 0.0001;
/** Messages written at once; then what has come is read. */
const BURST = 200;

interface Stream {
  readonly stream: ClientHttp2Stream;
  readonly frames: readonly Uint8Array[];
  /** Positions of it that are on record. */
  readonly answer: Promise<number>;
  sent: number;
}

let sessions: ClientHttp2Session[] = [];
let streams: Stream[] = [];
let errors: Record<string, number> = {};

const fail = (what: string) => {
  errors[what] = (errors[what] ?? 0) + 1;
};

answerParent((order: Order) => (order.kind === 'open' ? openAll(order.setting) : move(order)));

function openAll({ url, identity, volunteersFile, connections }: Setting): Outcome {
  const volunteers: readonly Moving[] = JSON.parse(readFileSync(volunteersFile, 'utf8'));
  const certificate = readFileSync(join(identity, IDENTITY_FILE));
  const authority = readFileSync(join(identity, AUTHORITY_FILE));
  errors = {};
  // Its certificate names the service otherwise than by its address; that it is of the mesh is enough here.
  const options = { cert: certificate, key: certificate, ca: authority, checkServerIdentity: () => undefined };
  sessions = Array.from({ length: connections }, () => connect(url, options));
  for (const session of sessions) session.on('error', (error: NodeJS.ErrnoException) => fail(String(error.code)));
  streams = volunteers.map((volunteer, index) =>
    open(sessions[index % sessions.length] as ClientHttp2Session, volunteer),
  );
  for (const each of streams) send(each);
  return { sent: 0, stored: 0, seconds: 0, cpuSeconds: 0, errors };
}

/** Sends each position at its moment, one volunteer after the other, then waits until the last is stored. */
async function move({ seconds: forSeconds, perSecond }: Order & { kind: 'move' }): Promise<Outcome> {
  const before = process.cpuUsage();
  const startMs = performance.now();
  const total = Math.round(perSecond * forSeconds);
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) * perSecond) / 1_000));
    const until = Math.min(due, sent + BURST);
    for (; sent < until; sent++) send(streams[sent % streams.length] as Stream);
    await (sent < due ? new Promise(setImmediate) : sleep(1));
  }
  for (const each of streams) each.stream.end();
  const stored = await Promise.all(
    streams.map(({ answer }) =>
      answer.catch((error: Error) => {
        fail(error.message);
        return 1;
      }),
    ),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(before);
  for (const session of sessions) session.close();
  // The first of each stream came before the clock started.
  const counted = stored.reduce((sum, each) => sum + each - 1, 0);
  return { sent: total, stored: counted, seconds, cpuSeconds: (user + system) / 1e6, errors };
}

function send(each: Stream): void {
  each.stream.write(each.frames[each.sent % PLACES]);
  each.sent += 1;
}

function open(session: ClientHttp2Session, { token, latitude, longitude }: Moving): Stream {
  const { stream, status } = openGrpcStream(session, PATH, { authorization: `Bearer ${token}` });
  const frames = Array.from({ length: PLACES }, (_, place) =>
    positionAt(latitude + place * STEP_DEGREES, longitude + (place % 3) * STEP_DEGREES),
  );
  const answer = new Promise<number>((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.once('close', () => {
      const bytes = Buffer.concat(chunks);
      if (bytes.length < PREFIX_BYTES) return reject(new Error(status() || 'closed'));
      resolve(Number(fromBinary(StreamLocationsResponseSchema, bytes.subarray(PREFIX_BYTES)).stored));
    });
  });
  // Awaited at the end.
  answer.catch(() => undefined);
  return { stream, frames, answer, sent: 0 };
}

function positionAt(latitude: number, longitude: number): Uint8Array {
  const position = create(StreamLocationsRequestSchema, { location: { latitude, longitude, accuracyMeters: 10 } });
  return frameOf(toBinary(StreamLocationsRequestSchema, position));
}
