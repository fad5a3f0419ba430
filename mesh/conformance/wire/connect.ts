import { toBinary, toJsonString } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt';
import { endStreamFlag, endStreamFromJson } from '@connectrpc/connect/protocol-connect';
import { pathOf } from '@kreki/runtime/rpc/rules';
import { enveloped, envelopesIn } from './envelope.ts';
import { errorFrom, foreign, OK, type Outcome, outcomeOf } from './outcome.ts';
import { type Message, type Protocol, streams } from './protocol.ts';

/** https://connectrpc.com/docs/protocol */
function connectPost(name: 'Connect JSON' | 'Connect Protobuf'): Protocol {
  const codec = name === 'Connect JSON' ? 'json' : 'proto';
  return {
    name,
    carries: () => true,
    request(method, message) {
      const bytes = codec === 'json' ? json(method.input, message) : toBinary(method.input, message);
      const headers = { 'content-type': `application/${streams(method) ? 'connect+' : ''}${codec}` };
      return {
        version: 1,
        method: 'POST',
        path: pathOf(method),
        headers: { ...headers, 'connect-protocol-version': '1' },
        body: streams(method) ? enveloped(bytes) : bytes,
      };
    },
    garbled(request) {
      const stream = String(request.headers['content-type']).includes('connect+');
      return { ...request, body: stream ? enveloped(GARBAGE) : GARBAGE };
    },
    outcome: (method, answer) => {
      if (!streams(method) || answer.status !== 200) return unaryOutcome(answer);
      const end = envelopesIn(answer.body).find(({ flags }) => flags & endStreamFlag);
      return end ? outcomeOf(endStreamFromJson(end.data).error) : OK;
    },
    begun: (_method, received) => envelopesIn(received).some(() => true),
  };
}

/** Neither JSON nor Protobuf. */
export const GARBAGE = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

const json = (input: Parameters<typeof toJsonString>[0], message: Message) => Buffer.from(toJsonString(input, message));

export function unaryOutcome(answer: Parameters<Protocol['outcome']>[1]): Outcome {
  if (answer.status === 200) return OK;
  const error = errorFrom(answer.body.toString());
  return error ? outcomeOf(error) : foreign(answer);
}

/** What has no side effects can be asked for with GET, the message in the query. */
const connectGet: Protocol = {
  name: 'Connect GET',
  carries: (method) => !streams(method) && method.idempotency === Idempotency.NO_SIDE_EFFECTS,
  request(method, message) {
    const query = new URLSearchParams({
      connect: 'v1',
      encoding: 'proto',
      base64: '1',
      message: Buffer.from(toBinary(method.input, message)).toString('base64url'),
    });
    return { version: 1, method: 'GET', path: `${pathOf(method)}?${query}`, headers: {} };
  },
  garbled: (request) => ({
    ...request,
    path: request.path.replace(/message=[^&]*/, `message=${GARBAGE.toString('base64url')}`),
  }),
  outcome: (_method, answer) => unaryOutcome(answer),
  begun: () => false,
};

export const connectProtocols: readonly Protocol[] = [
  connectPost('Connect JSON'),
  connectPost('Connect Protobuf'),
  connectGet,
];
