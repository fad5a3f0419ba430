import {
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  createMethodImplSpec,
  type HandlerContext,
  type Interceptor,
  type MethodImpl,
  type MethodImplSpec,
  type ServiceImpl,
  type StreamRequest,
  type StreamResponse,
} from '@connectrpc/connect';
import { invokeUnaryImplementation } from '@connectrpc/connect/protocol';
import type * as grpc from '@grpc/grpc-js';
import type { MeshIdentity } from '../identity/mesh-identity.ts';
import { type Calling, compose } from './compose.ts';
import { untilAborted } from './deadline.ts';
import { bytesOf } from './encoded.ts';
import { Handling } from './handling.ts';
import { toMetadata, toStatus } from './metadata.ts';
import { type Answer, passed, withMessages } from './passed.ts';
import { pathOf } from './rules.ts';
import { incoming, madeInto, only, sendAll } from './server-stream.ts';
import type { Shutdown } from './shutdown.ts';

/** A service of a contract with the functions that answer it. */
export interface Implementation {
  readonly service: DescService;
  readonly definition: grpc.ServiceDefinition;
  /** Binds the functions to grpc-js. */
  bind(to: Binding): grpc.UntypedServiceImplementation;
}

export interface Binding {
  /** Every call goes through them, the first outermost. */
  readonly interceptors: Interceptor[];
  /** Ends streams. */
  readonly shutdown: Shutdown;
  /** Names the process at the other end; throws a ConnectError when the connection is gone. */
  readonly peerOf: MeshIdentity['peerOf'];
  /** Of gRPC's own services no contract of the mesh states rules; of any other it must. */
  readonly withoutRules?: true;
}

type Message = MessageShape<DescMessage>;

/** Declares how a service is answered; a missing RPC does not compile. */
export function implement<Desc extends DescService>(service: Desc, impl: ServiceImpl<Desc>): Implementation {
  const specs = service.methods.map((method) => ({
    method,
    spec: createMethodImplSpec(method, impl[method.localName as keyof Desc['method']] as MethodImpl<DescMethod>),
  }));
  return {
    service,
    definition: Object.fromEntries(specs.map(({ method }) => [method.localName, definitionOf(method)])),
    bind: (to) =>
      Object.fromEntries(
        specs.map(({ method, spec }) => [
          method.localName,
          method.methodKind === 'unary' ? unary(spec, to) : streaming(spec, to),
        ]),
      ),
  };
}

function definitionOf(method: DescMethod): grpc.MethodDefinition<Message, Message> {
  return {
    path: pathOf(method),
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: (value) => bytesOf(method.input, value),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (value) => bytesOf(method.output, value),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

function unary(spec: MethodImplSpec, to: Binding) {
  return async (call: grpc.ServerUnaryCall<Message, Message>, answer: grpc.sendUnaryData<Message>) => {
    if (spec.kind !== 'unary') throw new Error(`${spec.method.toString()} is a stream`);
    let context: Handling | undefined;
    try {
      context = new Handling(call, spec, to);
      const invoked = invokeUnaryImplementation(spec, context.copied(), call.request, to.interceptors);
      const message = await untilAborted(context.signal, invoked);
      call.sendMetadata(toMetadata(context.responseHeader));
      answer(null, message, toMetadata(context.responseTrailer));
    } catch (error) {
      answer(toStatus(ConnectError.from(error)));
    } finally {
      context?.end();
    }
  };
}

type Stream = grpc.ServerDuplexStream<Message, Message>;

/** A stream on its way through the interceptors. */
interface Answering extends StreamRequest {
  readonly handling: Handling;
}

/** Calls what answers a stream, as the Connect library would; that copies headers, and its iterators are made for engines without any. */
function answerStream(spec: MethodImplSpec, { interceptors }: Binding) {
  const made = madeInto(spec.method.output);
  const output = async (request: Answering): Promise<AsyncIterable<MessageInitShape<DescMessage>>> => {
    const { message } = request;
    const context = contextFor(request);
    switch (spec.kind) {
      case 'server_streaming':
        return spec.impl(await only(message), context);
      case 'bidi_streaming':
        return spec.impl(message, context);
      case 'client_streaming':
        return single(await spec.impl(message, context));
      default:
        throw new Error(`${spec.method.toString()} is no stream`);
    }
  };
  const last = async (request: Answering): Promise<StreamResponse> =>
    withMessages(answerTo(request, spec.method as DescMethodStreaming), passed(await output(request), made));
  const invoke = compose(interceptors, last as Calling);
  return async (call: Stream, handling: Handling): Promise<AsyncIterator<Message>> => {
    const { service, requestMethod, url, requestHeader: header, values: contextValues, signal } = handling;
    const method = spec.method as DescMethodStreaming;
    const message = incoming(call, signal);
    const common = { service, method, requestMethod, url, header, contextValues, signal };
    const asked: Answering = { ...common, stream: true, message, handling };
    return ((await invoke(asked)) as StreamResponse).message[Symbol.asyncIterator]();
  };
}

/** What the handler is told of a call, as the interceptors have left it. */
function contextFor({ handling, header, signal, contextValues: values }: Answering): HandlerContext {
  const asIs = header === handling.requestHeader && signal === handling.signal && values === handling.values;
  return asIs ? handling : { ...handling.copied(), requestHeader: header, signal, values };
}

const answerTo = ({ handling }: Answering, method: DescMethodStreaming): Answer => ({
  service: method.parent,
  method,
  get header() {
    return handling.responseHeader;
  },
  get trailer() {
    return handling.responseTrailer;
  },
});

function streaming(spec: MethodImplSpec, to: Binding) {
  const invoke = answerStream(spec, to);
  return async (call: Stream, answer?: grpc.sendUnaryData<Message>) => {
    let context: Handling | undefined;
    try {
      context = new Handling(call as unknown as grpc.ServerUnaryCall<Message, Message>, spec, to);
      const opening = invoke(call, context);
      if (spec.kind === 'client_streaming') {
        const next = async () => (await opening).next();
        const { value } = await untilAborted(context.signal, next());
        const rest = await next();
        if (!rest.done || !answer) throw new ConnectError('more than one answer', Code.Internal);
        answer(null, value);
        return;
      }
      await sendAll(call, opening, context.signal);
      call.end(toMetadata(context.responseTrailer));
    } catch (error) {
      const status = toStatus(ConnectError.from(error));
      if (spec.kind === 'client_streaming') answer?.(status);
      else call.emit('error', status);
    } finally {
      context?.end();
    }
  };
}

async function* single<T>(value: T): AsyncGenerator<T> {
  yield value;
}
