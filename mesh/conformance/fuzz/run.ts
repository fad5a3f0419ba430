import { setTimeout as sleep } from 'node:timers/promises';
import type { DescMethod } from '@bufbuild/protobuf';
import { pathOf } from '@kreki/runtime/rpc/rules';
import fc from 'fast-check';
import { envelopesIn } from '../wire/envelope.ts';
import { NoAnswer, type Sender } from '../wire/http.ts';
import { givesStream } from '../wire/protocol.ts';
import { complaintAbout, readAnswer } from './answer.ts';
import { anyCall, type FuzzCall } from './calls.ts';
import type { Crew } from './crew.ts';
import { type Growth, Memory } from './memory.ts';
import { reproducer } from './report.ts';
import { Tally } from './tally.ts';

export interface FuzzOptions {
  readonly sender: Sender;
  readonly crew: Crew;
  readonly methods: readonly DescMethod[];
  /** Texts that name what exists. */
  readonly known: readonly string[];
  readonly requests: number;
  readonly seed: number;
  /** Requests under way at the same time. */
  readonly parallel: number;
  /** Ids of the mesh's processes, by name. */
  processes(): ReadonlyMap<string, number>;
  /** What a process still needs of its memory; undefined where it cannot be told. */
  liveBytes?(process: string): Promise<number | undefined>;
  /** Ends the search early; what was found until then is reported. */
  readonly signal?: AbortSignal;
  progress?(made: number): void;
  found?(finding: Finding): void;
}

/** A request that was answered as none may be, made as small as it can be. */
export interface Finding {
  readonly complaint: string;
  /** Of the answer, by which the logs tell what happened; empty without. */
  readonly traceId: string;
  readonly call: FuzzCall;
}

export interface FuzzReport {
  readonly seconds: number;
  readonly tally: Tally;
  readonly findings: readonly Finding[];
  /** Processes that were started again meanwhile. */
  readonly replaced: readonly string[];
  readonly memory: readonly Growth[];
}

const STOPPED = 'stopped';
const MAX_SHRINKS = 150;
const MAX_FINDINGS = 20;
const TIMEOUT_MS = 20_000;
const SAMPLE_EVERY_MS = 1_000;
/** Collecting all garbage stops a process. */
const LIVE_SAMPLE_EVERY_MS = 15_000;

/** Sends random requests, several at a time, and makes those small that find something. The same seed makes the same requests. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const startMs = performance.now();
  const before = options.processes();
  const tally = new Tally();
  const memory = new Memory();
  const stop = watch(options, tally, memory);
  const findings = await search(options, (call) => judge(options, tally, call)).finally(stop);
  const after = options.processes();
  return {
    seconds: (performance.now() - startMs) / 1_000,
    tally,
    findings,
    replaced: [...before].filter(([name, pid]) => after.get(name) !== pid).map(([name]) => name),
    memory: memory.growth(),
  };
}

interface Wrong extends Omit<Finding, 'call'> {
  /** Whether there was no answer at all. */
  readonly hung?: boolean;
}

type Judge = (call: FuzzCall) => Promise<Wrong | undefined>;

/** Makes a call, and says what is wrong with its answer. */
async function judge({ sender, crew, methods }: FuzzOptions, tally: Tally, call: FuzzCall): Promise<Wrong | undefined> {
  const headers = { ...call.request.headers, ...crew.headers(call) };
  const streaming = methods.some((method) => givesStream(method) && pathOf(method) === `/${call.target}`);
  const beganMs = performance.now();
  try {
    const options = { timeoutMs: TIMEOUT_MS, enough: streaming ? hasBegun : undefined };
    const answer = await sender.send({ ...call.request, headers }, options);
    const outcome = readAnswer(answer);
    tally.add(call, outcome, performance.now() - beganMs);
    if (outcome.reason === 'TOKEN_REVOKED' || outcome.reason === 'TOKEN_OUTDATED') await crew.renew(call.caller);
    const complaint = complaintAbout(answer, outcome);
    return complaint === undefined ? undefined : { complaint, traceId: answer.headers.get('x-trace-id') ?? '' };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    tally.add(call, undefined, performance.now() - beganMs);
    return { complaint: `no answer: ${error.message}`, traceId: '', hung: true };
  }
}

/** A stream without end is left once something has come of it: an envelope, a line of JSON, an event. */
const hasBegun = (received: Buffer): boolean =>
  /^[{:de]/.test(String.fromCharCode(received[0] ?? 0)) ? received.includes('\n') : !envelopesIn(received).next().done;

async function search(
  { crew, methods, known, requests, seed, parallel, signal, found: tell }: FuzzOptions,
  judged: Judge,
): Promise<Finding[]> {
  const calls = fc.limitShrink(anyCall({ methods, known, callers: crew.names }), MAX_SHRINKS);
  const findings = new Map<string, Finding>();
  const work = async (worker: number) => {
    let left = Math.floor((requests + worker) / parallel);
    for (let round = 0; left > 0 && findings.size < MAX_FINDINGS && !signal?.aborted; round++) {
      let wrong: Wrong = { complaint: '', traceId: '' };
      const property = fc.asyncProperty(calls, async (call) => {
        // What hangs is told as it is: each smaller one would be waited for as long again.
        if (wrong.hung) return;
        if (signal?.aborted) {
          wrong = { complaint: STOPPED, traceId: '', hung: true };
          throw new Error(STOPPED);
        }
        left -= 1;
        const found = await judged(call);
        if (found === undefined || findings.has(signatureOf(call, found.complaint))) return;
        wrong = found;
        throw new Error(found.complaint);
      });
      // A check ends with its first finding; another one goes on from there.
      const ended = await fc.check(property, { seed: seedOf(seed, worker, round), numRuns: left });
      if (!ended.failed || !ended.counterexample || wrong.complaint === STOPPED) continue;
      const [call] = ended.counterexample;
      // What failed without an answer that is wrong is a fault of the fuzzer's own.
      if (wrong.complaint === '')
        throw new Error(`the fuzzer failed at ${reproducer(call)}`, { cause: ended.errorInstance });
      const finding = { call, complaint: wrong.complaint, traceId: wrong.traceId };
      findings.set(signatureOf(call, wrong.complaint), finding);
      tell?.(finding);
    }
  };
  await Promise.all(Array.from({ length: parallel }, (_, worker) => work(worker)));
  return [...findings.values()];
}

const seedOf = (seed: number, worker: number, round: number): number => (seed + worker * 7_919 + round * 104_729) | 0;

/** The same mishap over and over is one finding. */
const signatureOf = ({ target }: FuzzCall, complaint: string): string =>
  `${target} ${complaint.replace(/[\d"'`].*$/s, '')}`;

/** Follows the processes' memory until it is told to stop. */
function watch({ processes, liveBytes, progress }: FuzzOptions, tally: Tally, memory: Memory): () => Promise<void> {
  const over = new AbortController();
  const every = async (pauseMs: number, look: () => Promise<void>) => {
    while (!over.signal.aborted) {
      await look();
      await sleep(pauseMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
    await look();
  };
  const resident = every(SAMPLE_EVERY_MS, async () => {
    await memory.sample(processes(), tally.made);
    progress?.(tally.made);
  });
  const live = every(LIVE_SAMPLE_EVERY_MS, async () => {
    for (const name of processes().keys()) {
      const bytes = await liveBytes?.(name);
      if (bytes !== undefined) memory.addLive(name, tally.made, bytes);
    }
  });
  return async () => {
    over.abort();
    await Promise.all([resident, live]);
  };
}
