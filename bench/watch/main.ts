/** The process that watches emergencies and changes them. */
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emergency } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { answerParent } from '../answer-parent.ts';
import type { Person } from '../generator/order.ts';
import { Latencies } from '../harness/latencies.ts';
import { device } from '../load/edge.ts';
import type { Answer, Question, Setting } from './question.ts';
import { openWatch } from './stream.ts';

/** In the Java Sea; each change of an emergency moves it further north, which tells the changes apart. */
const START = { latitude: -5.2, longitude: 110.2 };
const STEP_DEGREES = 0.0002;
/** How long the last changes may take to be seen. */
const SEEN_WITHIN_MS = 10_000;
const OPENED_WITHIN_MS = 120_000;
/** Streams that are being opened at the same time. */
const OPENING = 32;
const LOOK_AGAIN_MS = 20;

interface Watched {
  readonly id: string;
  readonly move: (latitude: number) => Promise<unknown>;
  /** When each change was due, by its number. */
  readonly dueMs: Map<number, number>;
  moves: number;
}

let setting: Setting;
let watched: Watched[] = [];
let sessions: ClientHttp2Session[] = [];
let streams: ClientHttp2Stream[] = [];
let closing = false;
let changingSinceMs = Number.POSITIVE_INFINITY;
let seen = 0;
let latencies = new Latencies();
let errors: Record<string, number> = {};

const fail = (what: string) => {
  errors[what] = (errors[what] ?? 0) + 1;
};

answerParent(answerTo);

async function answerTo(question: Question): Promise<Answer> {
  switch (question.kind) {
    case 'press':
      setting = question.setting;
      return press();
    case 'open':
      return open();
    case 'change':
      return change(question.seconds);
    case 'close':
      return close();
    default:
      return question satisfies never;
  }
}

async function press(): Promise<Answer> {
  const requesters: readonly Person[] = JSON.parse(readFileSync(setting.requestersFile, 'utf8'));
  const made = requesters.map(async (person): Promise<Watched> => {
    const client = device(setting.edgeUrl, EmergencyService, person);
    const move = (latitude: number) => client.triggerPanic({ location: { ...START, latitude } });
    const { emergency } = await client.triggerPanic({ location: START });
    return { id: emergency?.id ?? '', move, dueMs: new Map(), moves: 0 };
  });
  watched = await Promise.all(made);
  return {};
}

/** Opens a stream for each who watches, some at a time as people come, each until it has shown what there is. */
async function open(): Promise<Answer> {
  const watchers: readonly Person[] = JSON.parse(readFileSync(setting.watchersFile, 'utf8'));
  closing = false;
  errors = {};
  streams = [];
  sessions = Array.from({ length: setting.connections }, () => connect(setting.h2cUrl));
  for (const session of sessions) session.on('error', (error: NodeJS.ErrnoException) => fail(String(error.code)));
  const startMs = performance.now();
  let next = 0;
  const openNext = async () => {
    for (let index = next++; index < watchers.length; index = next++) {
      if (performance.now() - startMs > OPENED_WITHIN_MS) return;
      await openOne(watchers[index] as Person, index);
    }
  };
  await Promise.all(Array.from({ length: OPENING }, openNext));
  const missing = watchers.length - streams.length;
  if (missing > 0) errors['a stream was not opened in time'] = missing;
  return { errors, seconds: (performance.now() - startMs) / 1_000 };
}

function openOne(person: Person, index: number): Promise<void> {
  const of = watched[index % watched.length] as Watched;
  const session = sessions[index % sessions.length] as ClientHttp2Session;
  return new Promise((resolve) => {
    const onState = ({ location }: Emergency) => {
      resolve();
      const dueMs = of.dueMs.get(Math.round(((location?.latitude ?? 0) - START.latitude) / STEP_DEGREES));
      // What it has shown at first was changed before.
      if (dueMs === undefined || dueMs < changingSinceMs) return;
      seen += 1;
      latencies.record(performance.now() - dueMs);
    };
    const onEnd = (why: string) => {
      resolve();
      if (!closing) fail(`a stream ended: ${why}`);
    };
    streams.push(openWatch(session, of.id, person, onState, onEnd));
  });
}

/** Each emergency changes once a second, at its own moment in it. */
async function change(seconds: number): Promise<Answer> {
  latencies = new Latencies();
  seen = 0;
  errors = {};
  const before = process.cpuUsage();
  const startMs = performance.now();
  changingSinceMs = startMs;
  let made = 0;
  const changes: Promise<void>[] = [];
  for (let second = 0; second < seconds; second++) {
    for (const [index, each] of watched.entries()) {
      const dueMs = startMs + (second + index / watched.length) * 1_000;
      const earlyMs = dueMs - performance.now();
      if (earlyMs > 0) await sleep(earlyMs);
      each.moves += 1;
      each.dueMs.set(each.moves, dueMs);
      const moved = each.move(START.latitude + each.moves * STEP_DEGREES).then(
        () => {
          made += 1;
        },
        (error) => fail(`a change was refused: ${error}`),
      );
      changes.push(moved);
    }
  }
  await Promise.all(changes);
  const expected = made * (streams.length / watched.length);
  const giveUpMs = performance.now() + SEEN_WITHIN_MS;
  while (seen < expected && performance.now() < giveUpMs) await sleep(LOOK_AGAIN_MS);
  if (seen < expected) errors['a change was not seen'] = expected - seen;
  const { user, system } = process.cpuUsage(before);
  return {
    calls: seen,
    seconds: (performance.now() - startMs) / 1_000,
    latency: latencies.summary(),
    cpuSeconds: (user + system) / 1e6,
    errors,
  };
}

async function close(): Promise<Answer> {
  closing = true;
  changingSinceMs = Number.POSITIVE_INFINITY;
  for (const session of sessions) session.destroy();
  [sessions, streams] = [[], []];
  return {};
}
