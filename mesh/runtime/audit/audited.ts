import type { DescMessage, DescMethod, MessageShape } from '@bufbuild/protobuf';
import { type ContextValues, createContextKey, type HandlerContext } from '@connectrpc/connect';
import { Audit } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { trace } from '@opentelemetry/api';
import { type Caller, callerKey, HEADER, peerKey } from '../caller.ts';
import type { Tx } from '../database/database.ts';
import { rulesOf } from '../rpc/rules.ts';
import { appendLast, type NewEntry } from './entries.ts';
import { addSubjects } from './subjects.ts';

/** A call under way that may go on record. */
export class AuditedCall {
  readonly method: DescMethod;
  readonly #header: Headers;
  readonly #values: ContextValues;
  #subjects: Set<string> | undefined;
  readonly #omitted: () => number;
  /** Whether it is on record already, should its handler succeed. */
  recorded = false;
  /** Why its entry could not be written with its change. */
  unrecorded: unknown;
  #privileged = false;

  /** @param omitted Failures of the same actor that have no entry; asked when the call is written. */
  constructor(method: DescMethod, header: Headers, values: ContextValues, omitted: () => number) {
    this.method = method;
    this.#header = header;
    this.#values = values;
    this.#omitted = omitted;
  }

  get caller(): Caller {
    return this.#values.get(callerKey);
  }

  /** Whether a call that is let through goes on record. */
  get counts(): boolean {
    const { audit } = rulesOf(this.method);
    switch (audit) {
      case Audit.UNSPECIFIED:
        return false;
      case Audit.PEOPLE:
        return this.caller.kind === 'person';
      case Audit.PRIVILEGED:
        return this.#privileged && this.caller.kind === 'person';
      case Audit.ALL:
        return true;
      default:
        return audit satisfies never;
    }
  }

  byPrivilege(): void {
    this.#privileged = true;
  }

  about(desc: DescMessage, message: MessageShape<DescMessage>): void {
    this.#subjects ??= new Set();
    addSubjects(desc, message, this.#subjects);
  }

  /** It is on record, and nothing more will be: a stream does not hold for hours what it is about. */
  settled(): void {
    this.#subjects = undefined;
  }

  entry(outcome: string, reason: string, omitted: number, more: readonly string[] = []): NewEntry {
    const { caller } = this;
    const person = caller.kind === 'person' ? caller : undefined;
    return {
      actorId: person?.userId ?? null,
      actorRole: person?.role ?? '',
      sessionId: person?.sessionId ?? null,
      peer: this.#values.get(peerKey) ?? '',
      rpc: `${this.method.parent.typeName}/${this.method.name}`,
      subjects: [...new Set([...(this.#subjects ?? []), ...more.filter((subject) => !subject.endsWith('/'))])],
      outcome,
      reason,
      clientAddress: this.#header.get(HEADER.clientIp) ?? '',
      requestId: this.#header.get(HEADER.requestId) ?? '',
      traceId: trace.getActiveSpan()?.spanContext().traceId ?? '',
      omitted,
    };
  }

  recordIn(tx: Tx, subjects: readonly string[]): void {
    if (!this.counts) return;
    appendLast(tx, this.entry('OK', '', this.#omitted(), subjects)).catch((error: unknown) => {
      this.unrecorded = error;
    });
    this.recorded = true;
  }
}

/** Where the runtime's interceptor leaves the call for its handler. */
export const auditedKey = createContextKey<AuditedCall | undefined>(undefined, { description: 'audited call' });

type Handling = Pick<HandlerContext, 'values' | 'method'>;

function auditedOf({ values, method }: Handling): AuditedCall {
  const call = values.get(auditedKey);
  if (!call) throw new Error(`${method.toString()} is not audited by its contract`);
  return call;
}

/** Says that a person acts on what is not their own, in an RPC whose contract says AUDIT_PRIVILEGED. */
export const byPrivilege = (handling: Handling): void => auditedOf(handling).byPrivilege();

/**
 * Puts a change on record in its own transaction, so that neither is without the other. Call it last, and wait for nothing more in the transaction:
 * whoever else writes to the record waits until that ends.
 * @param subjects `<collection>/<id>` of what the request does not name.
 */
export const recordChange = (handling: Handling, tx: Tx, ...subjects: string[]): void =>
  auditedOf(handling).recordIn(tx, subjects);
