import { randomUUID } from 'node:crypto';
import { CancelReason } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import type { LoadContext } from './context.ts';
import type { Person } from './person.ts';
import type { Story } from './story.ts';
import { pause } from './time.ts';
import { watch } from './watch.ts';

/** A person who presses gives up after this. */
const PRESS_FOR_MS = 60_000;
const CLOSE_FOR_MS = 60_000;
const A_STREET_AWAY_DEGREES = 0.0006;

/** One emergency, from the press until it is closed, as the one who pressed and the dispatcher see it. */
export async function live(context: LoadContext, citizen: Person, story: Story): Promise<void> {
  const emergencyId = await press(context, citizen, story);
  if (emergencyId === undefined) return;
  context.told(emergencyId, story);
  const watching = story.watched ? watch(citizen, emergencyId, context.journal, context.signal) : undefined;
  if (story.pressedAgain) await pressAgain(citizen, story);
  switch (story.ending) {
    case 'cancel':
      await pause(story.cancelAfterMs);
      await cancel(citizen, emergencyId);
      break;
    case 'dispatcher':
      await pause(story.completeAfterMs);
      await complete(context.dispatcher, emergencyId);
      break;
    case 'responder':
    case 'nobody':
      if (!(await context.completed(emergencyId, story.patienceMs))) await cancel(context.dispatcher, emergencyId);
      break;
    default:
      story.ending satisfies never;
  }
  await watching;
}

/** The emergency that the press was acknowledged with; undefined when it never was. */
async function press(context: LoadContext, citizen: Person, story: Story): Promise<string | undefined> {
  const requestId = randomUUID();
  const tap = () => pressOnce(citizen, story, story.location, requestId);
  const taps = await Promise.all(story.doubleTap ? [tap(), tap()] : [tap()]);
  const got = taps.find(({ gotId }) => gotId)?.gotId;
  if (got === undefined) context.gaveUp();
  return got;
}

const pressAgain = async (citizen: Person, story: Story) => {
  const { latitude, longitude } = story.location;
  await pause(1_000);
  await pressOnce(citizen, story, { latitude: latitude + A_STREET_AWAY_DEGREES, longitude }, randomUUID());
};

const pressOnce = (citizen: Person, { severity, category }: Story, location: Story['location'], requestId: string) =>
  citizen.insist(
    { kind: 'press', requestId },
    EmergencyService,
    async (client, options) => {
      const { emergency } = await client.triggerPanic({ location, severity, category, requestId }, options);
      return { gotId: emergency?.id ?? '' };
    },
    Date.now() + PRESS_FOR_MS,
  );

const cancel = (person: Person, emergencyId: string) =>
  person.insist(
    { kind: 'cancel', emergencyId },
    EmergencyService,
    async (client, options) => {
      await client.cancel({ id: emergencyId, reason: CancelReason.RESOLVED }, options);
      return undefined;
    },
    Date.now() + CLOSE_FOR_MS,
  );

export const complete = (person: Person, emergencyId: string) =>
  person.insist(
    { kind: 'complete', emergencyId },
    EmergencyService,
    async (client, options) => {
      await client.complete({ id: emergencyId }, options);
      return undefined;
    },
    Date.now() + CLOSE_FOR_MS,
  );
