import { createClient } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { addressOf } from '../../../bench/load/edge.ts';
import { type Random, random } from '../../local/seed/random.ts';
import type { ChaosEnvironment } from '../environment/environment.ts';
import type { Account } from '../environment/roster.ts';
import { live } from './citizen.ts';
import { LoadContext } from './context.ts';
import type { Journal } from './journal.ts';
import { comeAndGo, type SignedOut } from './newcomers.ts';
import { Person } from './person.ts';
import { Phones } from './phones.ts';
import { openTransports, type Transports } from './protocols.ts';
import { drawStory } from './story.ts';
import { pause } from './time.ts';
import { Volunteer } from './volunteer.ts';

/** How much of everything a press a second brings with it. */
export const PER_PRESS = { volunteers: 40, citizens: 45, moves: 2 } as const;
const NEWCOMER_EVERY_MS = 4_000;
const SIGN_INS_AT_ONCE = 2;

export interface LoadOptions {
  readonly environment: ChaosEnvironment;
  readonly journal: Journal;
  readonly seed: number;
  /** Presses a second. */
  readonly rate: number;
}

/** The people of a run: those who press, those who come, a dispatcher, and newcomers. */
export class Load {
  readonly phones: Phones;
  readonly context: LoadContext;
  readonly signedOut: SignedOut[] = [];
  /** Presses that fell due while everybody was in an emergency already. */
  skipped = 0;
  readonly #rate: number;
  readonly #draw: Random;
  readonly #transports: Transports;
  readonly #journal: Journal;
  readonly #over = new AbortController();
  readonly #idle: Person[];
  readonly #volunteers: Volunteer[];
  readonly #going = new Set<Promise<unknown>>();
  /** What went wrong in the load itself. */
  readonly #failures: unknown[] = [];
  #pressing = true;
  #addresses = 0;

  private constructor({ journal, rate, seed, environment }: LoadOptions, signedIn: SignedIn) {
    this.#rate = rate;
    this.#journal = journal;
    this.#draw = random(seed ^ 0x5eed);
    this.#transports = signedIn.transports;
    const person = ({ userId, token }: SignedUp) => this.#person(userId, token);
    this.#idle = signedIn.citizens.map(person);
    this.context = new LoadContext(journal, person(signedIn.dispatcher), this.#over.signal, (one) => this.#go(one));
    this.phones = new Phones(environment.up.mesh.simulatorsUrl, (alert) => {
      const volunteer = byPhone.get(alert.phone);
      if (volunteer) this.#go(volunteer.answer(alert));
    });
    this.#volunteers = signedIn.volunteers.map(
      ({ phone, ...known }) => new Volunteer(person(known), phone, this.context, this.phones),
    );
    const byPhone = new Map(this.#volunteers.map((volunteer) => [volunteer.phone, volunteer]));
  }

  /** Signs everybody in, over the edge. */
  static async prepare(options: LoadOptions): Promise<Load> {
    const transports = openTransports(options.environment.phones);
    return new Load(options, await signEverybodyIn(options, transports));
  }

  /** Begins; whether or not the mesh keeps up, what is due happens. */
  start(): void {
    this.phones.start();
    this.#every(1_000 / this.#rate, () => this.#press());
    this.#every(1_000 / (this.#rate * PER_PRESS.moves), () => this.#draw.pick(this.#volunteers).move());
    this.#every(NEWCOMER_EVERY_MS, () => this.#newcomer());
  }

  /** Nothing new begins; resolves when everything that had begun has ended, or time is up. */
  async finish(withinMs: number): Promise<boolean> {
    this.#pressing = false;
    const ended = (async () => {
      while (this.#going.size > 0) await Promise.all(this.#going);
      if (this.#failures.length > 0) throw new AggregateError(this.#failures, 'the load itself failed');
      return true;
    })();
    return Promise.race([ended, pause(withinMs).then(() => false)]);
  }

  /** Ends what goes on in any case. */
  async stop(): Promise<void> {
    this.#pressing = false;
    this.#over.abort();
    // A run that is broken off may leave the simulators killed.
    await this.phones.stop().catch(() => undefined);
  }

  #person(userId: string, token: string): Person {
    return new Person({
      userId,
      token,
      address: addressOf(this.#addresses++),
      transports: this.#transports,
      journal: this.#journal,
      draw: random(Math.floor(this.#draw.uniform() * 2 ** 32)),
    });
  }

  /** At a steady rate, in time with the clock even when this process is late. */
  #every(intervalMs: number, begin: () => Promise<unknown>): void {
    const startMs = performance.now();
    void (async () => {
      for (let count = 1; ; count++) {
        await pause(startMs + count * intervalMs - performance.now());
        if (!this.#pressing) return;
        this.#go(begin());
      }
    })();
  }

  #go(activity: Promise<unknown>): void {
    const going = activity
      .catch((error: unknown) => this.#failures.push(error))
      .finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  async #press(): Promise<void> {
    const story = drawStory(this.#draw);
    const [citizen] = this.#idle.splice(Math.floor(this.#draw.uniform() * this.#idle.length), 1);
    if (!citizen) {
      this.skipped += 1;
      return;
    }
    await live(this.context, citizen, story).finally(() => this.#idle.push(citizen));
  }

  async #newcomer(): Promise<void> {
    const stranger = this.#person('', '');
    const left = await comeAndGo(stranger, (userId, token) => this.#person(userId, token));
    if (left) this.signedOut.push(left);
  }
}

interface SignedUp {
  readonly userId: string;
  readonly token: string;
}

interface SignedIn {
  readonly transports: Transports;
  readonly dispatcher: SignedUp;
  readonly volunteers: readonly (SignedUp & { readonly phone: string })[];
  readonly citizens: readonly SignedUp[];
}

async function signEverybodyIn({ environment, rate }: LoadOptions, transports: Transports): Promise<SignedIn> {
  const auth = createClient(AuthService, transports.connect);
  const { people } = environment;
  const signIn = async ({ id: userId, email, password, phone }: Account, index: number) => {
    const headers = { 'x-forwarded-for': addressOf(index) };
    const { accessToken: token } = await auth.login({ email, password }, { headers });
    return { userId, token, phone };
  };
  const register = async (index: number): Promise<SignedUp> => {
    const details = { email: `citizen${index}@kreki.example`, password: 'Chaos-citizen-1', fullName: `Warga ${index}` };
    const { user, accessToken } = await auth.register(details, { headers: { 'x-forwarded-for': addressOf(index) } });
    return { userId: user?.id ?? '', token: accessToken };
  };
  const [dispatcher, ...volunteers] = await inTurn([people.dispatcher, ...people.volunteers], signIn);
  if (!dispatcher) throw new Error('there is no dispatcher');
  const citizens = await inTurn(Array.from({ length: Math.ceil(rate * PER_PRESS.citizens) }), (_, index) =>
    register(index),
  );
  return { transports, dispatcher, volunteers, citizens };
}

/** A few at once: a password costs what it should. */
async function inTurn<T, R>(items: readonly T[], act: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await act(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: SIGN_INS_AT_ONCE }, work));
  return results;
}
