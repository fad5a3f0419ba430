/** The words of a command line, carried out. */
import { parseArgs } from 'node:util';
import { ConnectError } from '@connectrpc/connect';
import { NatsError } from 'nats';
import { drop, list, type Person, replay, show } from './commands.ts';
import { openConnection, Refusal } from './connection.ts';

export const USAGE = `
npm run dead-letters                        events that a consumer gave up on, the oldest first
npm run dead-letters -- show 12             one of them: the event by its contract, personal data masked
npm run dead-letters -- replay 12 13        to the consumer that gave it up, once what was wrong is mended
npm run dead-letters -- drop 12             for good, after a question

  --durable <name>   of one consumer         --after <number>   further on in the list
  --reason <words>   whose reason says so    --limit <count>    how many; 20
  --all              every one of them       --yes              drop without a question

Of the mesh on this machine, or of the one whose NATS_URL is given.
`;

/** @returns the exit code */
export async function run(words: readonly string[], env: NodeJS.ProcessEnv, person: Person): Promise<number> {
  try {
    const { command, options } = read(words);
    if (command === 'help') person.tell(USAGE);
    else {
      const connection = await openConnection(env);
      await carryOut(command, options, connection, person).finally(() => connection.close());
    }
    return 0;
  } catch (error) {
    if (error instanceof NatsError) person.tell(`✗ NATS: ${error.message}`);
    else if (error instanceof ConnectError) person.tell(`✗ ${error.rawMessage}: nothing was done to it`);
    else if (error instanceof Refusal) person.tell(`✗ ${error.message}`);
    else throw error;
    return 1;
  }
}

type Options = ReturnType<typeof read>['options'];

function carryOut(
  command: string,
  options: Options,
  connection: Awaited<ReturnType<typeof openConnection>>,
  person: Person,
): Promise<void> {
  switch (command) {
    case 'list':
      return list(connection, options, person);
    case 'show':
      return show(connection, options, person);
    case 'replay':
      return replay(connection, options, person);
    case 'drop':
      return drop(connection, options, person);
    default:
      throw new Refusal(`there is no ${command}: list, show, replay, drop or help`);
  }
}

function read(words: readonly string[]) {
  const { values, positionals } = parse(words);
  const [command = 'list', ...numbers] = positionals;
  return {
    command: values.help ? 'help' : command,
    options: {
      numbers: numbers.map((word) => natural(word, 'a dead letter')),
      durable: durableName(values.durable),
      reason: values.reason,
      all: values.all,
      yes: values.yes,
      after: natural(values.after, '--after'),
      limit: Math.max(1, natural(values.limit, '--limit')),
    },
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        durable: { type: 'string' },
        reason: { type: 'string' },
        all: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        after: { type: 'string', default: '0' },
        limit: { type: 'string', default: '20' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error));
  }
}

function durableName(name: string | undefined): string | undefined {
  if (name !== undefined && !/^[\w-]+$/.test(name)) throw new Refusal(`no consumer is called ${name}`);
  return name;
}

function natural(word: string, what: string): number {
  const number = Number(word);
  if (!Number.isSafeInteger(number) || number < 0) throw new Refusal(`${what} is a number, not ${word}`);
  return number;
}
