/** What can be done with dead letters. */
import { hostname, userInfo } from 'node:os';
import { OPERATOR } from '../policy/nats.ts';
import { actOnDeadLetter } from '../runtime/events/dead-letter-acts.ts';
import { type Connection, Refusal } from './connection.ts';
import { decode, eventContracts } from './decode.ts';
import { details, listing } from './print.ts';
import { matching, select, type Wanted } from './selection.ts';

/** The person at the terminal. */
export interface Person {
  tell(text: string): void;
  /** Whether they say yes; undefined when nobody is there to be asked. */
  agrees(question: string): Promise<boolean | undefined>;
}

export interface ListOptions extends Pick<Wanted, 'durable' | 'reason'> {
  readonly after: number;
  readonly limit: number;
}

export async function list(connection: Connection, options: ListOptions, { tell }: Person): Promise<void> {
  const letters = await Array.fromAsync(take(matching(connection, options), options.limit + 1));
  const shown = letters.slice(0, options.limit);
  if (shown.length === 0) return tell(`No dead letters at ${connection.address}.`);
  tell(`\n${listing(shown, new Date())}\n`);
  const more = letters.length > shown.length;
  tell(more ? `  … more: --after ${shown.at(-1)?.seq}` : `  ${count(shown.length)} at ${connection.address}`);
  tell('  show <number>   replay <number>   drop <number>\n');
}

export async function show(connection: Connection, wanted: Wanted, { tell }: Person): Promise<void> {
  const contracts = await eventContracts();
  for (const letter of await select(connection, wanted))
    tell(`\n${details(letter, decode(contracts, letter), new Date())}\n`);
}

/** Each goes to the consumer that had given it up, and to no other. */
export async function replay(connection: Connection, wanted: Wanted, { tell }: Person): Promise<void> {
  let done = 0;
  for (const { seq, durable } of await select(connection, wanted)) {
    if (!(await actOnDeadLetter(connection, { act: 'ReplayDeadLetter', seq, actor: actor() }))) continue;
    done += 1;
    tell(`✓ ${seq} goes to ${durable} again`);
  }
  tell(`${count(done)} replayed. What fails again comes back under another number.`);
}

export async function drop(connection: Connection, wanted: Wanted & { yes: boolean }, person: Person): Promise<void> {
  const letters = await select(connection, wanted);
  if (letters.length === 0) return person.tell('Nothing to drop.');
  if (!wanted.yes) {
    person.tell(`\n${listing(letters.slice(0, 20), new Date())}${letters.length > 20 ? '\n  …' : ''}\n`);
    const agreed = await person.agrees(`Drop ${count(letters.length)} for good?`);
    if (agreed === undefined) throw new Refusal('nobody is there to confirm it: say --yes');
    if (!agreed) return person.tell('Nothing was dropped.');
  }
  let done = 0;
  for (const { seq } of letters) {
    if (await actOnDeadLetter(connection, { act: 'DropDeadLetter', seq, actor: actor() })) done += 1;
  }
  person.tell(`${count(done)} dropped.`);
}

/** Whoever holds the operator's password: by the account and the host that it is used from. */
const actor = () => ({
  actorId: null,
  actorRole: OPERATOR,
  sessionId: null,
  peer: OPERATOR,
  clientAddress: `${userInfo().username}@${hostname()}`,
  requestId: '',
});

const count = (letters: number): string => `${letters} dead letter${letters === 1 ? '' : 's'}`;

async function* take<T>(items: AsyncIterable<T>, limit: number): AsyncGenerator<T> {
  let left = limit;
  for await (const item of items) {
    yield item;
    left -= 1;
    if (left === 0) return;
  }
}
