import { connectProtocols } from './connect.ts';
import { grpc, grpcWeb } from './grpc.ts';
import type { Protocol } from './protocol.ts';
import { rest } from './rest.ts';

/** Every protocol of the edge. */
export const protocols: readonly Protocol[] = [rest, ...connectProtocols, grpcWeb, grpc];
