import { create } from '@bufbuild/protobuf';
import { type Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@kreki/gen/google/rpc/error_details_pb.js';

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

/** The stable reason of an error made by `fail`, here or in another service; empty for any other. */
export function reasonOf(error: unknown): string {
  return error instanceof ConnectError ? (error.findDetails(ErrorInfoSchema)[0]?.reason ?? '') : '';
}
