import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt';
import { said } from '../wire/outcome.ts';
import type { Cell, Made } from './calls.ts';

/** Reasons that say who may not do what, at the edge and in every service. A new one belongs here. */
export const REFUSALS: ReadonlySet<string> = new Set([
  'CALLER_NOT_ALLOWED',
  'MESH_ONLY',
  'NOT_YOUR_EMERGENCY',
  'NOT_YOUR_PROFILE',
  'PERMISSION_REQUIRED',
  'PERSON_REQUIRED',
  'SIGN_IN_REQUIRED',
  'TOKEN_EXPIRED',
  'TOKEN_INVALID',
  'TOKEN_OUTDATED',
  'TOKEN_REVOKED',
]);

/** Answers that no well-formed call may get, whoever makes it. */
const NEVER: ReadonlySet<string> = new Set(['internal', 'unknown', 'data_loss', 'unimplemented', 'unavailable']);

/** What is wrong with the answers to the calls that were made: a sentence each. */
export function objections(made: readonly Made[]): string[] {
  return [...made.flatMap(objection), ...differences(made)];
}

function objection({ cell, outcome }: Made): string[] {
  const { expected } = cell;
  const answered = said(outcome);
  const wrong = (wanted: string) => [
    `${describe(cell)}: ${wanted}, but it was answered ${answered} (${outcome.message})`,
  ];
  if (typeof expected === 'object') return answered === expected.said ? [] : wrong(`expected ${expected.said}`);
  if (REFUSALS.has(outcome.reason)) return wrong('should be let in');
  if (outcome.reason === 'RATE_LIMITED') return wrong('should not meet a limit');
  if (NEVER.has(outcome.code) || outcome.code.startsWith('http')) return wrong('should be answered');
  if (expected === 'not understood' && outcome.code !== 'invalid_argument') return wrong('expected invalid_argument');
  return [];
}

const describe = ({ rpc, protocol, caller, circumstance }: Cell): string =>
  [`${rpc.name} over ${protocol.name} by ${caller}`, circumstance].filter(Boolean).join(', ');

/** Where what can be read comes out differently by protocol. */
function differences(made: readonly Made[]): string[] {
  const readings = made.filter(
    ({ cell }) => !cell.garbled && cell.rpc.method.idempotency === Idempotency.NO_SIDE_EFFECTS,
  );
  const calls = Map.groupBy(readings, ({ cell }) => `${cell.rpc.name} by ${cell.caller}, ${cell.circumstance}`);
  return [...calls].flatMap(([call, each]) => {
    const answers = Map.groupBy(each, ({ outcome }) => said(outcome));
    if (answers.size < 2) return [];
    const told = [...answers].map(
      ([answer, by]) => `${answer} over ${by.map(({ cell }) => cell.protocol.name).join(', ')}`,
    );
    return [`${call}: ${told.join('; ')}`];
  });
}

/** Words that must stay with those whom they concern, wherever they come up in an answer. */
export function leaks(made: readonly Made[], secrets: readonly string[]): string[] {
  return made.flatMap(({ cell, answer }) =>
    secrets.filter((secret) => answer.body.includes(secret)).map((secret) => `${describe(cell)}: told "${secret}"`),
  );
}
