import type { ConnectError } from '@connectrpc/connect';

/** An error whose HTTP status is not the one that its code stands for, such as 405 or 413. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number;
  readonly error: ConnectError;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, error: ConnectError, headers: Readonly<Record<string, string>> = {}) {
    super(error.rawMessage, { cause: error });
    this.status = status;
    this.error = error;
    this.headers = headers;
  }
}
