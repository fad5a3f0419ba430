import type { Registry as TypeRegistry } from '@bufbuild/protobuf';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import {
  contentTypeStreamJson,
  contentTypeStreamProto,
  endStreamFlag,
  endStreamToJson,
} from '@connectrpc/connect/protocol-connect';
import { orInternal } from '../edge/errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { connectStream, grpcOverHttp2, grpcTrailers, grpcTypeOf, type Wire } from './wires.ts';

/** How a protocol carries an answer of several messages, each in an envelope that is the same in all of them. */
export interface StreamWire extends Wire {
  typeOf(binary: boolean): string;
  readonly encodingHeader: string;
  /** Ends an answer that was begun, with its error if it has one. */
  end(response: HttpResponse, error: unknown, types: TypeRegistry): void;
}

const overConnect: StreamWire = {
  ...connectStream,
  typeOf: (binary) => (binary ? contentTypeStreamProto : contentTypeStreamJson),
  encodingHeader: 'connect-content-encoding',
  end(response, thrown, types) {
    const error = thrown === undefined ? undefined : orInternal(thrown);
    const last = endStreamToJson(new Headers(), error, { registry: types });
    response.end(encodeEnvelope(endStreamFlag, Buffer.from(JSON.stringify(last))));
  },
};

const overGrpc: StreamWire = {
  ...grpcOverHttp2,
  typeOf: grpcTypeOf,
  encodingHeader: 'grpc-encoding',
  end(response, error) {
    response.addTrailers(grpcTrailers(error));
    response.end();
  },
};

export const STREAM_WIRES: readonly StreamWire[] = [overConnect, overGrpc];
