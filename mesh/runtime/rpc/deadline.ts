import { Code, ConnectError } from '@connectrpc/connect';

/** Made once: an error costs more than most of what is done for a call. */
export const CALLER_LEFT = new ConnectError('the caller went away', Code.Canceled);

/** Rejects when the signal aborts, with the code that says why; `work` itself is left to notice the signal. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Why a call was cut short: its deadline, its caller, or the server's end. */
export function abortError(signal: AbortSignal): ConnectError {
  return signal.reason instanceof ConnectError
    ? signal.reason
    : new ConnectError('the caller went away', Code.Canceled, undefined, undefined, signal.reason);
}
