/** What became of one attempt to send one message. */
export type Outcome =
  /** The provider has it, under this id. */
  | { readonly kind: 'sent'; readonly providerId: string }
  /** It was certainly not sent, and may be tried again: after this many milliseconds at the earliest when the provider says so. */
  | { readonly kind: 'retry'; readonly error: string; readonly afterMs?: number }
  /** It may have been sent; the lease runs on, so that the provider's own word can come first. */
  | { readonly kind: 'unknown'; readonly error: string }
  /** It will never be sent. */
  | { readonly kind: 'failed'; readonly error: string }
  /** The device's token is no longer one. */
  | { readonly kind: 'dead'; readonly error: string }
  /** It need not be sent. */
  | { readonly kind: 'skipped'; readonly error: string };

/** How long one attempt may take; well within a lease, so that nothing is claimed again while it is still being sent. */
export const SEND_TIMEOUT_MS = 5_000;

/** Value of a Retry-After header in milliseconds; undefined when there is none. */
export function retryAfterMs(header: string | null | undefined, now = Date.now()): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - now;
  return ms > 0 ? ms : undefined;
}
