import { setTimeout as sleep } from 'node:timers/promises';
import { nextAddress } from '../people/people.ts';
import type { Rpc } from '../rpcs.ts';
import type { HttpAnswer, Sender } from '../wire/http.ts';
import { type Outcome, said } from '../wire/outcome.ts';
import { givesStream, type Message, type Protocol } from '../wire/protocol.ts';

/** One call of the matrix, to be made. */
export interface Cell {
  readonly rpc: Rpc;
  readonly protocol: Protocol;
  /** Who calls, in words. */
  readonly caller: string;
  /** What is special about it, in words; empty for a plain valid call. */
  readonly circumstance: string;
  readonly message: Message;
  /** Whether the message is replaced by bytes that nobody can read. */
  readonly garbled: boolean;
  /** The Authorization header; somebody is made ready only when it is their turn. */
  authorization(): Promise<string | undefined> | string | undefined;
  readonly expected: Expected;
}

/** What is to come of a call. */
export type Expected =
  /** The call gets past everything that decides who may do what. */
  | 'let in'
  /** It gets past that, and no further. */
  | 'not understood'
  /** It is answered with just this code and reason. */
  | { readonly said: string };

export interface Made<C extends Cell = Cell> {
  readonly cell: C;
  readonly outcome: Outcome;
  readonly answer: HttpAnswer;
}

const PARALLEL = 12;

/** Makes all calls, several at a time. */
export async function makeAll<C extends Cell>(sender: Sender, cells: readonly C[]): Promise<Made<C>[]> {
  const made: Made<C>[] = [];
  const waiting = cells.values();
  const work = async () => {
    for (const cell of waiting) made.push(await make(sender, cell));
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return made;
}

/** While Redis is slow, as on a machine that does other work, the edge goes by a token's signature alone (docs/decisions/revocation-without-redis.md). */
const RECALLED = /TOKEN_(REVOKED|OUTDATED)$/;
const ATTEMPTS = 20;
const PAUSE_MS = 250;

async function make<C extends Cell>(sender: Sender, cell: C, attempt = 1): Promise<Made<C>> {
  const made = await makeOnce(sender, cell);
  const { expected } = cell;
  const awaited = typeof expected === 'object' && RECALLED.test(expected.said) && said(made.outcome) !== expected.said;
  // On such a machine the edge also sheds calls, whoever makes them.
  const again = awaited || made.outcome.reason === 'OVERLOADED';
  if (!again || attempt === ATTEMPTS) return made;
  await sleep(PAUSE_MS);
  return make(sender, cell, attempt + 1);
}

async function makeOnce<C extends Cell>(sender: Sender, cell: C): Promise<Made<C>> {
  const { rpc, protocol, message, garbled } = cell;
  const { method } = rpc;
  const plain = protocol.request(method, message);
  const request = garbled ? protocol.garbled(plain, method) : plain;
  const authorization = await cell.authorization();
  const headers = {
    ...request.headers,
    'x-forwarded-for': nextAddress(),
    ...(authorization !== undefined && { authorization }),
  };
  const enough = givesStream(method) ? (received: Buffer) => protocol.begun(method, received) : undefined;
  const answer = await sender.send({ ...request, headers }, { enough });
  return { cell, answer, outcome: protocol.outcome(method, answer) };
}
