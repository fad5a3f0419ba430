import { create, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { createValidator, type Violation, violationsToProto } from '@bufbuild/protovalidate';
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { illFormed } from './well-formed.ts';

const validator = createValidator();

/** Refuses messages that break their contract's rules, naming each field and its limit (`buf.validate.Violations`). */
export const validation: Interceptor = (next) => async (request) => {
  if (request.stream) return next({ ...request, message: validated(request.method.input, request.message) });
  validate(request.method.input, request.message);
  return next(request);
};

async function* validated(schema: DescMessage, messages: AsyncIterable<MessageShape<DescMessage>>) {
  for await (const message of messages) {
    validate(schema, message);
    yield message;
  }
}

/** Compiles a message's rules, so that no caller waits for it. */
export function prepareValidation(schema: DescMessage): void {
  validator.validate(schema, create(schema));
}

/** Throws INVALID_ARGUMENT when a message breaks the rules of its contract. */
export function validate(schema: DescMessage, message: MessageShape<DescMessage>): void {
  // Rules reckon with times, and would fail at some that are none.
  const broken = illFormed(schema, message as unknown as Readonly<Record<string, unknown>>);
  if (broken) throw refusal([broken]);
  const result = validator.validate(schema, message);
  if (result.kind === 'valid') return;
  if (result.kind === 'error') throw result.error;
  throw refusal(result.violations);
}

/** Of a list of a thousand things that are all wrong, these are told. */
const MAX_TOLD = 20;

function refusal(found: Violation[]): ConnectError {
  const told = found.slice(0, MAX_TOLD);
  const [violations, desc] = violationsToProto(told);
  const more = found.length > MAX_TOLD ? [`and ${found.length - MAX_TOLD} more`] : [];
  const said = [...told.map(String), ...more].join('; ');
  return new ConnectError(said, Code.InvalidArgument, undefined, [{ desc, value: violations }]);
}
