import type { Registry as TypeRegistry } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { codeToHttpStatus, errorToJson } from '@connectrpc/connect/protocol-connect';
import { orInternal } from '../edge/errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { HttpFailure } from './failure.ts';
import { JSON_TYPE } from './transcode.ts';

export function sendBody(response: HttpResponse, status: number, contentType: string, body: string | Uint8Array): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.byteLength });
  response.end(bytes);
}

/** An error in Connect's JSON, under the HTTP status that its code stands for. */
export function sendError(response: HttpResponse, thrown: unknown, types: TypeRegistry): void {
  if (response.headersSent || response.destroyed) return;
  const { status, error, headers } = thrown instanceof HttpFailure ? thrown : statusOf(thrown);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  for (const [name, value] of error.metadata) response.setHeader(name, value);
  sendBody(response, status, JSON_TYPE, errorText(error, types));
}

export const errorText = (error: ConnectError, types: TypeRegistry): string =>
  JSON.stringify(errorToJson(error, { registry: types }));

function statusOf(thrown: unknown): Pick<HttpFailure, 'status' | 'error' | 'headers'> {
  const error = orInternal(thrown);
  return { status: codeToHttpStatus(error.code), error, headers: {} };
}
