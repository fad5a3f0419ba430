import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Decision, EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { placeWithin, SIDE_METERS } from '../environment/roster.ts';
import { complete } from './citizen.ts';
import type { LoadContext } from './context.ts';
import type { Operation } from './journal.ts';
import type { Person } from './person.ts';
import type { Alert, Phones } from './phones.ts';
import { between, chance, pause } from './time.ts';
import { watch } from './watch.ts';

const ANSWER_FOR_MS = 15_000;
const PROGRESS_FOR_MS = 45_000;
const MOVE_FOR_MS = 15_000;

/** A volunteer with a phone: answers alerts, by the app or by WhatsApp's buttons, and helps once accepted. */
export class Volunteer {
  readonly person: Person;
  readonly phone: string;
  readonly #context: LoadContext;
  readonly #phones: Phones;
  /** Emergencies answered already, or left unanswered on purpose. */
  readonly #decided = new Set<string>();
  #busy = false;

  constructor(person: Person, phone: string, context: LoadContext, phones: Phones) {
    this.person = person;
    this.phone = phone;
    this.#context = context;
    this.#phones = phones;
  }

  /** What the volunteer does about an alert; each emergency is decided on once, by what comes first. */
  async answer(alert: Alert): Promise<void> {
    const { emergencyId } = alert;
    const { draw } = this.person;
    // Half of them look at WhatsApp first, and answer there.
    const byButton = chance(draw, 0.5);
    if (this.#decided.has(emergencyId) || (alert.channel === 'whatsapp') !== byButton) return;
    this.#decided.add(emergencyId);
    const story = await this.#context.storyOf(emergencyId);
    await pause(between(draw, 200, 3_000));
    const decision = this.#decide(story?.ending === 'nobody');
    if (decision === undefined) return;
    if (alert.channel === 'whatsapp') return this.#tap(alert, decision);
    const accepted = await this.#respond(emergencyId, decision);
    if (decision === 'accept' && accepted.outcome === 'ok')
      await this.#help(emergencyId, story?.ending === 'responder');
  }

  /** The phone tells where it is. */
  move(): Promise<Operation> {
    const location = { ...placeWithin(SIDE_METERS, this.person.draw.uniform), accuracyMeters: 10 };
    const measuredMs = Date.now();
    return this.person.insist(
      { kind: 'move', detail: measuredMs },
      VolunteerService,
      async (client, options) => {
        await client.updateLocation({ location, measureTime: timestampFromMs(measuredMs) }, options);
        return undefined;
      },
      measuredMs + MOVE_FOR_MS,
    );
  }

  /** Somebody who is on one emergency rarely tries to take another. */
  #decide(nobodyComes: boolean): 'accept' | 'decline' | undefined {
    const { draw } = this.person;
    const drawn = draw.uniform();
    if (nobodyComes || (this.#busy && !chance(draw, 0.1))) return drawn < 0.5 ? 'decline' : undefined;
    if (drawn < 0.55) return 'accept';
    return drawn < 0.8 ? 'decline' : undefined;
  }

  async #tap(alert: Alert, decision: 'accept' | 'decline'): Promise<void> {
    const { emergencyId } = alert;
    const { journal } = this.#context;
    const tapped = journal.begin({ kind: decision, who: this.person.userId, way: 'whatsapp', emergencyId });
    try {
      await this.#phones.tap(alert, decision);
      journal.end(tapped, 'ok');
    } catch (error) {
      journal.end(tapped, 'unknown', { error: String(error) });
    }
    if (decision === 'decline' || !(await this.#amResponder(emergencyId))) return;
    await this.#help(emergencyId, (await this.#context.storyOf(emergencyId))?.ending === 'responder');
  }

  #respond(emergencyId: string, decision: 'accept' | 'decline'): Promise<Operation> {
    return this.person.insist(
      { kind: decision, emergencyId },
      EmergencyService,
      async (client, options) => {
        const said = decision === 'accept' ? Decision.ACCEPT : Decision.DECLINE;
        await client.respond({ id: emergencyId, decision: said }, options);
        return undefined;
      },
      Date.now() + ANSWER_FOR_MS,
    );
  }

  /** Whether a tap made this volunteer a responder, asked for as the app shows it. */
  async #amResponder(emergencyId: string): Promise<boolean> {
    const untilMs = Date.now() + ANSWER_FOR_MS;
    while (Date.now() < untilMs) {
      const { client, options } = this.person.client(EmergencyService, 'connect');
      const answer = await client.get({ id: emergencyId }, options).catch(() => undefined);
      const own = answer?.emergency?.responses.find(({ volunteerId }) => volunteerId === this.person.userId);
      if (own) return own.status === ResponseStatus.ACCEPTED;
      await pause(1_000);
    }
    return false;
  }

  async #help(emergencyId: string, mine: boolean): Promise<void> {
    this.#busy = true;
    const { draw } = this.person;
    const { journal, signal, alongside } = this.#context;
    if (chance(draw, 0.2)) alongside(watch(this.person, emergencyId, journal, signal));
    try {
      await pause(between(draw, 200, 1_500));
      if (chance(draw, 0.08)) return void (await this.#progress(emergencyId, ResponseStatus.WITHDRAWN));
      for (const status of [ResponseStatus.EN_ROUTE, ResponseStatus.ARRIVED]) {
        if ((await this.#progress(emergencyId, status)).outcome !== 'ok') return;
        await this.move();
        await pause(between(draw, 300, 1_500));
      }
      if (!mine) return;
      const { outcome } = await complete(this.person, emergencyId);
      if (outcome === 'ok') this.#context.markCompleted(emergencyId);
    } finally {
      this.#busy = false;
    }
  }

  #progress(emergencyId: string, status: ResponseStatus): Promise<Operation> {
    return this.person.insist(
      { kind: status === ResponseStatus.WITHDRAWN ? 'withdraw' : 'progress', emergencyId, detail: status },
      EmergencyService,
      async (client, options) => {
        await client.updateResponse({ id: emergencyId, status }, options);
        return undefined;
      },
      Date.now() + PROGRESS_FOR_MS,
    );
  }
}
