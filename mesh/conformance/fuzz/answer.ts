import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Code } from '@connectrpc/connect';
import { compressedFlag } from '@connectrpc/connect/protocol';
import { codeToString, endStreamFlag, endStreamFromJson } from '@connectrpc/connect/protocol-connect';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import { trailerFlag, trailerParse } from '@connectrpc/connect/protocol-grpc-web';
import { envelopesIn } from '../wire/envelope.ts';
import type { HttpAnswer } from '../wire/http.ts';
import { errorFrom, foreign, OK, type Outcome, outcomeOf } from '../wire/outcome.ts';

/** What an answer says, in whichever protocol: a request that was changed on its way may have changed its protocol too. */
export function readAnswer(answer: HttpAnswer): Outcome {
  const type = answer.headers.get('content-type') ?? '';
  if (type.startsWith('application/grpc-web')) return ofGrpcWeb(answer);
  if (type.startsWith('application/grpc')) return ofStatus(answer.trailers, answer.headers);
  if (type.startsWith('application/connect+')) {
    const end = lastOf(answer, endStreamFlag, 'connect-content-encoding');
    return end ? outcomeOf(endStreamFromJson(end).error) : OK;
  }
  const text = answer.body.toString();
  if (type === 'application/x-ndjson') {
    const error = /\{"error":(.*)\}\s*$/.exec(text)?.[1];
    return outcomeOf(error === undefined ? undefined : errorFrom(error));
  }
  if (answer.status < 400) return OK;
  const error = errorFrom(text);
  return error ? outcomeOf(error) : foreign(answer);
}

function ofGrpcWeb(answer: HttpAnswer): Outcome {
  const trailer = lastOf(answer, trailerFlag, 'grpc-encoding');
  return trailer ? ofStatus(trailerParse(trailer), answer.headers) : ofStatus(answer.headers, answer.headers);
}

/** The envelope that ends a stream, unpacked: a request that says how it is compressed is answered so too. */
function lastOf({ body, headers }: HttpAnswer, flag: number, encoding: string): Uint8Array | undefined {
  const last = envelopesIn(body).find(({ flags }) => flags & flag);
  if (!last || !(last.flags & compressedFlag)) return last?.data;
  return headers.get(encoding) === 'br' ? brotliDecompressSync(last.data) : gunzipSync(last.data);
}

/** A stream that was left has said no status yet. */
const ofStatus = (trailers: Headers, headers: Headers): Outcome =>
  outcomeOf(findTrailerError(trailers.has('grpc-status') ? trailers : headers));

const INEXCUSABLE = new Set([Code.Internal, Code.Unknown, Code.DataLoss].map(codeToString));

/** Errors of HTTP's that say what was asked cannot be had: not implemented, not now, not in time, not over this version. */
const EXCUSABLE = new Set([501, 503, 504, 505]);

/** What is wrong with an answer, in words that are the same for every answer that is wrong in the same way; undefined when nothing is. */
export function complaintAbout({ status }: HttpAnswer, { code, reason, message }: Outcome): string | undefined {
  if (INEXCUSABLE.has(code)) return `${code} ${reason}: ${message.replace(/trace \w+/, 'trace …')}`.slice(0, 300);
  if (status >= 500 && !EXCUSABLE.has(status)) return `HTTP ${status}: ${message}`.slice(0, 300);
  return undefined;
}

/** Whether an answer says that the mesh is not there, or too slow. */
export const isAway = ({ code }: Outcome): boolean => code === 'unavailable' || code === 'deadline_exceeded';
