import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OfferAnsweredSchema } from '@kreki/gen/kreki/notification/v1/notification_events_pb.js';
import type { Tx } from '@kreki/runtime/database/database';
import { event, type Outbox } from '@kreki/runtime/events/outbox';
import { findByWamid, receiveMessages } from '../store/receipts.ts';
import type { ReceivedAnswer } from './parse.ts';

/** A tap younger than this may be told before the message it answers is recorded. */
const YOUNG_MS = 60_000;

/**
 * Publishes each tap once, as the answer of whoever the message with the button was sent to: families share phones, so the number
 * does not say who it is.
 * @returns Taps on messages that are not known yet, which should be told again.
 */
export async function publishAnswers(
  tx: Tx,
  outbox: Outbox,
  answers: readonly ReceivedAnswer[],
): Promise<readonly ReceivedAnswer[]> {
  const found = await findByWamid(
    tx,
    answers.map((answer) => answer.repliesTo),
  );
  const offers = new Map(found.map((offer) => [offer.provider_id, offer]));
  const known = answers.filter((answer) => offers.has(answer.repliesTo));
  const fresh = await receiveMessages(
    tx,
    known.map((answer) => answer.wamid),
  );
  const events = known.flatMap((answer) => {
    const offer = offers.get(answer.repliesTo);
    // A set forgets what it gave: a body may hold the same message twice.
    if (offer?.emergency_id !== answer.emergencyId || !fresh.delete(answer.wamid)) return [];
    const { emergencyId, accepted, time } = answer;
    const message = { emergencyId, volunteerId: offer.user_id, accepted, answerTime: timestampFromDate(time) };
    return [event(OfferAnsweredSchema, message, emergencyId)];
  });
  await outbox.append(tx, events);
  return answers.filter((answer) => !offers.has(answer.repliesTo) && Date.now() - answer.time.getTime() < YOUNG_MS);
}
