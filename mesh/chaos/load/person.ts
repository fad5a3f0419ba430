import type { DescService } from '@bufbuild/protobuf';
import { type CallOptions, type Client, createClient } from '@connectrpc/connect';
import type { Random } from '../../local/seed/random.ts';
import type { Journal, NewOperation, Operation } from './journal.ts';
import { outcomeOf } from './outcome.ts';
import { PROTOCOLS, type Protocol, type Transports } from './protocols.ts';
import { pause } from './time.ts';

/** A call gives up after this; the contracts' own deadlines are 5 s. */
const TIMEOUT_MS = 7_000;
const PAUSE_MS = { first: 200, longest: 2_000 } as const;

export interface PersonOptions {
  readonly userId: string;
  readonly token: string;
  /** The network address that the edge sees. */
  readonly address: string;
  readonly transports: Transports;
  readonly journal: Journal;
  readonly draw: Random;
}

export type Asked = Omit<NewOperation, 'who' | 'way'>;

/** Somebody with a phone: does things over the edge, each by a protocol drawn anew, and writes down what came of them. */
export class Person {
  readonly userId: string;
  readonly token: string;
  readonly #options: PersonOptions;

  constructor(options: PersonOptions) {
    this.#options = options;
    this.userId = options.userId;
    this.token = options.token;
  }

  get draw(): Random {
    return this.#options.draw;
  }

  /** A client by a protocol, with the options that each of its calls needs. */
  client<Desc extends DescService>(service: Desc, protocol: Protocol): { client: Client<Desc>; options: CallOptions } {
    const { transports, token, address } = this.#options;
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': address };
    return { client: createClient(service, transports[protocol]), options: { headers, timeoutMs: TIMEOUT_MS } };
  }

  /** Does something once. */
  async once<Desc extends DescService>(
    asked: Asked,
    service: Desc,
    call: (client: Client<Desc>, options: CallOptions) => Promise<{ gotId?: string } | undefined>,
  ): Promise<Operation> {
    const { journal, draw } = this.#options;
    const way = draw.pick(PROTOCOLS);
    const operation = journal.begin({ ...asked, who: this.userId, way });
    const { client, options } = this.client(service, way);
    try {
      journal.end(operation, 'ok', await call(client, options));
    } catch (thrown) {
      const { outcome, error } = outcomeOf(thrown);
      journal.end(operation, outcome, { error });
    }
    return operation;
  }

  /** Does something again, as an app does, until it is known what became of it or there is no more time. The last try. */
  async insist<Desc extends DescService>(
    asked: Asked,
    service: Desc,
    call: (client: Client<Desc>, options: CallOptions) => Promise<{ gotId?: string } | undefined>,
    untilMs: number,
  ): Promise<Operation> {
    for (let pauseMs = PAUSE_MS.first as number; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest)) {
      const operation = await this.once(asked, service, call);
      if (operation.outcome !== 'unknown' || Date.now() + pauseMs > untilMs) return operation;
      await pause(pauseMs);
    }
  }
}
