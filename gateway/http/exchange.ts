import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createContextKey } from '@connectrpc/connect';
import { CALLER_LEFT } from '@kreki/runtime/rpc/deadline';
import type { ClientAddress } from './client-address.ts';

/** HTTP/2's requests and responses offer the same to whoever asks for no more than this code does. */
export type HttpRequest = IncomingMessage;
export type HttpResponse = ServerResponse;

/** One HTTP request at the edge with what is known of its sender, whichever protocol it speaks. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly clientIp: string;
  readonly requestId: string;
  readonly userAgent: string;
}

/** Under which a Connect handler finds the exchange it answers. */
export const exchangeKey = createContextKey<Exchange | undefined>(undefined, { description: 'HTTP exchange' });

const WELL_FORMED_ID = /^[\w.:-]{8,128}$/;

export function openExchange(request: HttpRequest, response: HttpResponse, clientAddress: ClientAddress): Exchange {
  const given = header(request, 'x-request-id');
  const requestId = given && WELL_FORMED_ID.test(given) ? given : randomUUID();
  return {
    request,
    response,
    requestId,
    clientIp: clientAddress(request.socket?.remoteAddress, header(request, 'x-forwarded-for')),
    userAgent: printable(header(request, 'user-agent')),
  };
}

/** Aborts when the caller leaves before the answer is whole. */
export function untilCallerLeaves({ response }: Exchange): AbortSignal {
  const gone = new AbortController();
  // Every answer closes; only one that was not at its end says that its caller left. HTTP/2 calls any that is closed finished.
  response.once('close', () => {
    if (!response.writableEnded) gone.abort(CALLER_LEFT);
  });
  return gone.signal;
}

export function pathOf({ url = '/' }: HttpRequest): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** A header's value; several of one name joined by commas. */
export function header(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** gRPC metadata takes printable ASCII only. */
const printable = (value = ''): string => value.replace(/[^\x20-\x7e]/g, '?').slice(0, 512);
