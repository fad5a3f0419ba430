import { randomUUID } from 'node:crypto';
import { Audience } from '@kreki/gen/kreki/options/v1/options_pb.js';
import fc from 'fast-check';
import { validMessage } from '../messages/valid.ts';
import { withId } from '../messages/with-id.ts';
import { ENDS_CALLER, OBJECT_RULES } from '../objects.ts';
import type { People, Role } from '../people/people.ts';
import type { BadToken } from '../people/tokens.ts';
import type { Rpc } from '../rpcs.ts';
import type { Message } from '../wire/protocol.ts';
import { protocols } from '../wire/protocols.ts';
import type { Cell, Expected } from './calls.ts';

const SEED = 119;

/** Everybody who may or may not call, in one column each. */
interface Caller {
  readonly what: string;
  /** Whether they also send what cannot be read. */
  readonly garbles: boolean;
  expected(rpc: Rpc): Expected;
  /** The Authorization header of a plain call, or of one that cannot be read. */
  authorization(rpc: Rpc, garbled: boolean): Promise<string> | string | undefined;
}

/**
 * Every RPC, by everybody, over every protocol. Objects that are asked for do not exist. Who may not call is told so before the message is
 * looked at, so that the same calls are made with a message that nobody can read.
 */
export async function roleCells(rpcs: readonly Rpc[], people: People, tokens: readonly BadToken[]): Promise<Cell[]> {
  const holders = await Promise.all(people.roles.map((role) => holderOf(role, people)));
  const callers = [nobody, ...tokens.map(bearerOf), ...holders];
  return rpcs.flatMap((rpc) => {
    const message = requestFor(rpc);
    const carrying = protocols.filter((protocol) => protocol.carries(rpc.method));
    return callers.flatMap((caller) =>
      (caller.garbles ? [false, true] : [false]).flatMap((garbled) =>
        carrying.map(
          (protocol): Cell => ({
            rpc,
            protocol,
            message,
            garbled,
            caller: caller.what,
            circumstance: garbled ? 'unreadable' : '',
            authorization: () => caller.authorization(rpc, garbled),
            expected: expectedOf(rpc, caller, garbled),
          }),
        ),
      ),
    );
  });
}

/** A request that the contract takes. */
export function requestFor({ name, method }: Rpc, id: string = randomUUID()): Message {
  const [message] = fc.sample(validMessage(method.input), { seed: SEED, numRuns: 1 });
  if (!message) throw new Error(`${name} has no valid request`);
  const rule = OBJECT_RULES[name];
  return rule ? withId(method, message, rule.field, id) : message;
}

function expectedOf(rpc: Rpc, caller: Caller, garbled: boolean): Expected {
  if (!rpc.offered) return { said: 'unimplemented NO_SUCH_RPC' };
  const expected = caller.expected(rpc);
  const letIn = expected === 'let in' || expected === absenceOf(rpc);
  return letIn && garbled ? 'not understood' : expected;
}

const nobody: Caller = {
  what: 'nobody',
  garbles: true,
  expected: ({ rules }) => (rules.audience === Audience.PUBLIC ? 'let in' : SIGN_IN_REQUIRED),
  authorization: () => undefined,
};

/** A token that does not hold is refused even where none is needed. */
const bearerOf = ({ what, reason, authorization }: BadToken): Caller => ({
  what: `somebody with ${what}`,
  garbles: false,
  expected: () => ({ said: `unauthenticated ${reason}` }),
  authorization: () => authorization,
});

/** Somebody of a role; another one for what cannot be read, so that limits by person are not met. */
async function holderOf(role: Role, people: People): Promise<Caller> {
  const [plain, garbling] = await Promise.all([people.make(role.name), people.make(role.name)]);
  return {
    what: `role ${role.name}`,
    garbles: true,
    expected(rpc) {
      if (!mayCall(role, rpc)) return PERMISSION_REQUIRED;
      const learns = OBJECT_RULES[rpc.name]?.learnsAbsence;
      return learns !== undefined && role.permissions.has(learns) ? 'let in' : (absenceOf(rpc) ?? 'let in');
    },
    async authorization({ name }, garbled) {
      const somebody = ENDS_CALLER.has(name) ? await people.make(role.name) : garbled ? garbling : plain;
      return `Bearer ${somebody.accessToken}`;
    },
  };
}

/** Whether the contract lets a role in. */
export const mayCall = ({ permissions }: Role, { rules }: Rpc): boolean =>
  rules.audience !== Audience.PERMITTED || permissions.has(rules.permission);

export const SIGN_IN_REQUIRED: Expected = { said: 'unauthenticated SIGN_IN_REQUIRED' };
export const PERMISSION_REQUIRED: Expected = { said: 'permission_denied PERMISSION_REQUIRED' };

const absences = new Map<string, Expected>(
  Object.entries(OBJECT_RULES).map(([name, { refusal }]) => [name, { said: refusal }]),
);

/** What somebody is told of an object that does not exist, who may not know so. */
const absenceOf = ({ name }: Rpc): Expected | undefined => absences.get(name);
