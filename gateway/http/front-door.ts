import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';
import type { ClientAddress } from './client-address.ts';
import type { Cors } from './cors.ts';
import { type Exchange, type HttpRequest, type HttpResponse, openExchange, pathOf } from './exchange.ts';
import { setSecurityHeaders } from './security-headers.ts';

/** Answers a request of the edge's own, such as /healthz. */
export type Page = (exchange: Exchange) => void;

export interface FrontDoorOptions {
  readonly clientAddress: ClientAddress;
  readonly cors: Cors;
  readonly encrypted: boolean;
  /** Once it has aborted, clients are asked to send their next request elsewhere. */
  readonly stopping: AbortSignal;
  /** By path; answered to GET and HEAD. */
  readonly pages: ReadonlyMap<string, Page>;
  /** Takes every other request. */
  readonly handle: (exchange: Exchange) => void;
  readonly refuse: (exchange: Exchange, error: unknown) => void;
  readonly log: Logger;
}

/** What every request meets first, on either port and in whichever protocol. */
export function createFrontDoor(options: FrontDoorOptions): (request: HttpRequest, response: HttpResponse) => void {
  const { clientAddress, cors, encrypted, stopping, pages, handle, refuse, log } = options;
  return (request, response) => {
    response.on('error', (error: Error) => log.debug({ err: error }, 'answer was not taken'));
    // What an answer did not wait for is read all the same: it would stand before the next request of its connection.
    response.once('finish', () => drain(request));
    const exchange = openExchange(request, response, clientAddress);
    response.setHeader('x-request-id', exchange.requestId);
    setSecurityHeaders(response, encrypted);
    // HTTP/2 says it once for a whole connection.
    if (stopping.aborted && request.httpVersionMajor === 1) response.setHeader('connection', 'close');
    if (cors(request, response)) return;
    try {
      const page = isReading(request) ? pages.get(pathOf(request)) : undefined;
      if (page) page(exchange);
      else handle(exchange);
    } catch (error) {
      // Such as an authority that is none: no request may end the process.
      log.debug({ err: error }, 'request is not HTTP as it should be');
      refuse(exchange, fail(Code.InvalidArgument, 'BAD_REQUEST', 'the request is not well-formed', {}, error));
    }
  };
}

/** Reads on to the end; whoever began to read and left off has left the stream paused. */
function drain(request: HttpRequest): void {
  const read = () => {
    while (request.read() !== null);
  };
  request.on('readable', read);
  request.on('error', () => undefined);
  read();
}

const isReading = ({ method }: HttpRequest): boolean => method === 'GET' || method === 'HEAD';
