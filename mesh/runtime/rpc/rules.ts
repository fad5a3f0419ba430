import { type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import {
  Audience,
  type Audit,
  Priority,
  type RateLimitKey,
  rules as rulesOption,
} from '@kreki/gen/kreki/options/v1/options_pb.js';

/** The rules of one RPC, from its contract. */
export interface MethodRules {
  readonly audience: Audience;
  /** `resource:action`; empty unless the audience is `PERMITTED`. */
  readonly permission: string;
  readonly meshCallers: boolean;
  /** Undefined for a stream without a limit. */
  readonly deadlineMs: number | undefined;
  readonly rateLimit: { readonly requests: number; readonly windowMs: number; readonly key: RateLimitKey } | undefined;
  readonly forwardHeaders: readonly string[];
  /** Whose calls go on record. */
  readonly audit: Audit;
  /** Which calls are refused last when there is too much to do; `NORMAL` when the contract does not say. */
  readonly priority: Priority;
  /** Calls that one process answers at the same time; undefined: what the runtime computes. */
  readonly maxConcurrency: number | undefined;
  /** Whether a call that may or may not have arrived can be sent again. */
  readonly retryable: boolean;
}

const known = new WeakMap<DescMethod, MethodRules>();

/** Throws when the contract states no rules: such an RPC must not be served. */
export function rulesOf(method: DescMethod): MethodRules {
  let rules = known.get(method);
  if (!rules) {
    rules = read(method);
    known.set(method, rules);
  }
  return rules;
}

/** Where a method is called over HTTP: `/kreki.auth.v1.AuthService/Login`. */
export const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;

function read(method: DescMethod): MethodRules {
  if (!hasOption(method, rulesOption)) throw new Error(`${method.toString()} states no (kreki.options.v1.rules)`);
  const option = getOption(method, rulesOption);
  if (option.audience === Audience.UNSPECIFIED) throw new Error(`${method.toString()} states no audience`);
  return {
    audience: option.audience,
    permission: option.permission,
    meshCallers: option.meshCallers || option.audience === Audience.MESH,
    deadlineMs: milliseconds(option.deadline),
    rateLimit: option.rateLimit && {
      requests: option.rateLimit.requests,
      windowMs: milliseconds(option.rateLimit.window) ?? 0,
      key: option.rateLimit.key,
    },
    forwardHeaders: option.forwardHeaders,
    audit: option.audit,
    priority: option.priority || Priority.NORMAL,
    maxConcurrency: option.maxConcurrency || undefined,
    retryable: method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN,
  };
}

const milliseconds = (value: { seconds: bigint; nanos: number } | undefined): number | undefined =>
  value && Number(value.seconds) * 1_000 + value.nanos / 1e6;
