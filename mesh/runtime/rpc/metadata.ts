import { Buffer } from 'node:buffer';
import { Code, ConnectError } from '@connectrpc/connect';
import { findTrailerError, setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { Metadata, type MetadataOptions, type StatusObject, status } from '@grpc/grpc-js';
import { concise } from '../errors.ts';

/** gRPC metadata as fetch headers; binary values become base64, as Connect expects them. */
export function toHeaders(metadata: Metadata): Headers {
  const headers = new Headers();
  for (const key of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(key)) {
      headers.append(key, typeof value === 'string' ? value : value.toString('base64'));
    }
  }
  return headers;
}

/** Headers that belong to one hop, or that grpc-js writes itself. */
const PER_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'host',
  'te',
  'trailer',
  'content-type',
  'content-length',
  'accept-encoding',
  'user-agent',
  'grpc-status',
  'grpc-message',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
]);

/** Fetch headers as gRPC metadata, without those of the hop they came over. */
export function toMetadata(headers: Headers, options?: MetadataOptions): Metadata {
  const metadata = new Metadata(options);
  for (const [key, value] of headers) {
    if (PER_HOP.has(key) || key.startsWith(':') || key.startsWith('connect-')) continue;
    metadata.add(key, key.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  }
  return metadata;
}

/** gRPC's trailer by which a server says after how long it may be asked again; a negative value: not at all (gRFC A6). */
const PUSHBACK = 'grpc-retry-pushback-ms';

/** Marks an error that was tried again already, so that no caller further up does it too. */
export function markFinal<T>(error: T): T {
  if (error instanceof ConnectError && error.code === Code.Unavailable) error.metadata.set(PUSHBACK, '-1');
  return error;
}

export const isFinal = (error: ConnectError): boolean => Number(error.metadata.get(PUSHBACK) ?? 0) < 0;

/** The status that ends a call with an error, its details in `grpc-status-details-bin`. */
export function toStatus(error: ConnectError): Partial<StatusObject> {
  Object.assign(error, concise(error));
  const trailer = setTrailerStatus(new Headers(), error);
  if (isFinal(error)) trailer.set(PUSHBACK, '-1');
  return { code: error.code as number, details: error.rawMessage, metadata: toMetadata(trailer) };
}

/** The error that a call ended with, details and all; undefined when it ended well. */
export function toError(ended: StatusObject): ConnectError | undefined {
  if (ended.code === status.OK) return undefined;
  const trailer = toHeaders(ended.metadata);
  trailer.set('grpc-status', String(ended.code));
  trailer.set('grpc-message', encodeURIComponent(ended.details));
  return findTrailerError(trailer);
}
