/** Milliseconds before one person may get another message from the same number. */
const PAIR_RATE_MS = 6_000;
const OVERLOAD_MS = 1_000;

/**
 * Error codes that pass, and how many milliseconds to wait at least; every other code is final.
 * Source: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
 */
const passing: Readonly<Record<number, number>> = {
  1: OVERLOAD_MS,
  2: OVERLOAD_MS,
  4: OVERLOAD_MS,
  80007: OVERLOAD_MS,
  130429: OVERLOAD_MS,
  131000: 0,
  131016: OVERLOAD_MS,
  131056: PAIR_RATE_MS,
  131057: OVERLOAD_MS,
  133004: OVERLOAD_MS,
};

/** How long to wait before trying again after an error of the Cloud API; undefined when trying again is useless. */
export const whatsappRetryMs = (code: number): number | undefined => passing[code];
