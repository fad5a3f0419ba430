import { create, toBinary } from '@bufbuild/protobuf';
import { durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import { type Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, RetryInfoSchema } from '@kreki/gen/google/rpc/error_details_pb.js';

export const ERROR_DOMAIN = 'kreki.id';

/**
 * An error that the caller may see: `reason` in UPPER_SNAKE names it for programs, `message` says it to people, and `metadata`
 * holds the parts that change (`google.rpc.ErrorInfo`, AIP-193).
 */
export function fail(
  code: Code,
  reason: string,
  message: string,
  metadata: Record<string, string> = {},
  cause?: unknown,
): ConnectError {
  const info = create(ErrorInfoSchema, { reason, domain: ERROR_DOMAIN, metadata });
  return new ConnectError(message, code, undefined, [{ desc: ErrorInfoSchema, value: info }], cause);
}

/** An error like `fail`'s that says after how long the same call may well succeed (`google.rpc.RetryInfo`). */
export function tryLater(
  code: Code.Unavailable | Code.ResourceExhausted,
  reason: string,
  message: string,
  retryAfterMs: number,
  metadata: Record<string, string> = {},
  cause?: unknown,
): ConnectError {
  const error = fail(code, reason, message, metadata, cause);
  error.details.push(retryInfo(retryAfterMs));
  return error;
}

/** The detail by which an error says after how long to try again. */
export const retryInfo = (afterMs: number): ConnectError['details'][number] => ({
  desc: RetryInfoSchema,
  value: { retryDelay: durationFromMs(afterMs) },
});

/** After how many milliseconds the same call may well succeed, as an error made by `tryLater` says, here or in another service. */
export function retryAfterMsOf(error: unknown): number | undefined {
  const delay = error instanceof ConnectError ? error.findDetails(RetryInfoSchema)[0]?.retryDelay : undefined;
  return delay && durationMs(delay);
}

/** The stable reason of an error made by `fail`, here or in another service; empty for any other. */
export function reasonOf(error: unknown): string {
  return error instanceof ConnectError ? (error.findDetails(ErrorInfoSchema)[0]?.reason ?? '') : '';
}

const MAX_MESSAGE_CHARACTERS = 2_000;
const MAX_DETAILS_BYTES = 16_000;

/**
 * What an error says, short enough for gRPC's trailers: a connection ends with a trailer that is too large, and with it everybody's calls.
 * Whoever sends 300 kB of nonsense is told the beginning of it.
 */
export function concise({ rawMessage, details }: ConnectError): Pick<ConnectError, 'rawMessage' | 'details'> {
  const cut = rawMessage.length > MAX_MESSAGE_CHARACTERS;
  let left = MAX_DETAILS_BYTES;
  return {
    rawMessage: cut ? `${rawMessage.slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed()}…` : rawMessage,
    details: details.filter((detail) => {
      left -= bytesOf(detail);
      return left >= 0;
    }),
  };
}

const bytesOf = (detail: ConnectError['details'][number]): number =>
  'desc' in detail ? toBinary(detail.desc, create(detail.desc, detail.value)).byteLength : detail.value.byteLength;
