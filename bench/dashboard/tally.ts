import { Code, ConnectError } from '@connectrpc/connect';

/** What was called, and how it ended. */
export interface Counted {
  /** Of each call, in milliseconds. */
  readonly durationsMs: number[];
  /** Calls by code, such as `ok` and `not_found`. */
  readonly codes: Record<string, number>;
}

const nothing = (): Counted => ({ durationsMs: [], codes: {} });

/** Counts calls by RPC, as whoever makes them sees them. */
export class Tally {
  readonly calls = new Map<string, Counted>();

  /** @param rpc `kreki.auth.v1.AuthService/GetMe` */
  async count<T>(rpc: string, call: () => Promise<T>): Promise<T | undefined> {
    const counted = this.calls.get(rpc) ?? nothing();
    this.calls.set(rpc, counted);
    const startMs = performance.now();
    let code = 'ok';
    try {
      return await call();
    } catch (error) {
      code = snakeCase(Code[ConnectError.from(error).code] ?? 'unknown');
      return undefined;
    } finally {
      counted.durationsMs.push(performance.now() - startMs);
      counted.codes[code] = (counted.codes[code] ?? 0) + 1;
    }
  }

  all(): Counted {
    const sum = nothing();
    for (const { durationsMs, codes } of this.calls.values()) {
      sum.durationsMs.push(...durationsMs);
      for (const [code, count] of Object.entries(codes)) sum.codes[code] = (sum.codes[code] ?? 0) + count;
    }
    return sum;
  }
}

const snakeCase = (name: string) => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
