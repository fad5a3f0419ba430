import { Code, ConnectError } from '@connectrpc/connect';
import { codeToString, errorFromJson } from '@connectrpc/connect/protocol-connect';
import { reasonOf } from '@kreki/runtime/errors';
import type { HttpAnswer } from './http.ts';

/** What an answer comes to, the same whichever protocol it came by. */
export interface Outcome {
  /** `ok`, a code in Connect's spelling, or `http 415` for an answer that is none of the protocol's. */
  readonly code: string;
  /** Of `google.rpc.ErrorInfo`; empty without. */
  readonly reason: string;
  readonly message: string;
}

export const OK: Outcome = { code: 'ok', reason: '', message: '' };

/** `permission_denied PERMISSION_REQUIRED`. */
export const said = ({ code, reason }: Pick<Outcome, 'code' | 'reason'>): string => `${code} ${reason}`.trim();

export const outcomeOf = (error: ConnectError | undefined): Outcome =>
  error ? { code: codeToString(error.code), reason: reasonOf(error), message: error.rawMessage } : OK;

export const foreign = ({ status, body }: HttpAnswer): Outcome => ({
  code: `http ${status}`,
  reason: '',
  message: body.toString().slice(0, 200),
});

/** An error in Connect's JSON; undefined for anything else, such as a page that says that the edge is not ready. */
export function errorFrom(text: string): ConnectError | undefined {
  try {
    const json = JSON.parse(text);
    return typeof json.code === 'string' ? errorFromJson(json, undefined, NO_ERROR) : undefined;
  } catch {
    return undefined;
  }
}

const NO_ERROR = new ConnectError('not an error in JSON', Code.Unknown);
