import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OfferAnsweredSchema } from '@kreki/gen/kreki/notification/v1/notification_events_pb.js';
import type { Tx } from '@kreki/runtime/database/database';
import { event, type Outbox } from '@kreki/runtime/events/outbox';
import { receiveReplies } from '../store/receipts.ts';
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
  // A body may hold the same message twice.
  const told = new Map(answers.map((answer) => [answer.wamid, answer]));
  const received = await receiveReplies(tx, [...told.values()]);
  const events = received.flatMap(({ wamid, user_id: volunteerId, emergency_id, is_new }) => {
    const answer = told.get(wamid);
    if (!answer || !is_new || emergency_id !== answer.emergencyId) return [];
    const { emergencyId, accepted, time } = answer;
    const message = { emergencyId, volunteerId, accepted, answerTime: timestampFromDate(time) };
    return [event(OfferAnsweredSchema, message, emergencyId)];
  });
  await outbox.append(tx, events);
  const known = new Set(received.map(({ wamid }) => wamid));
  return answers.filter(({ wamid, time }) => !known.has(wamid) && Date.now() - time.getTime() < YOUNG_MS);
}
