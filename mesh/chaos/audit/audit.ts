import type { Check, Finding } from './check.ts';
import { errorsAreClear, noAnswerLost, noRefusedEffect, noTapLost } from './checks/answers.ts';
import { acknowledgedInTime, escalatedInTime, offeredInTime } from './checks/attention.ts';
import { noConnectionLeft, nothingOrphaned, processesStand } from './checks/machine.ts';
import { alertsArriveInTime, everybodyTold, nothingShownTwice, phonesHoldWhatWasSent } from './checks/messages.ts';
import { eventsInOrder } from './checks/order.ts';
import { noPressLost, noPressTwice } from './checks/presses.ts';
import { noDeadLetters, publishedIsInStream, queuesDrained } from './checks/queues.ts';
import { neverTooMany, oneAtATime } from './checks/responders.ts';
import { eventsTellAll, servicesAgree, statesLegal } from './checks/states.ts';
import { signedOutStaysSo, watchersSeeTheEnd } from './checks/watchers.ts';
import type { Evidence } from './evidence.ts';

/** Every promise that the auditor holds the mesh to. */
export const checks: readonly Check[] = [
  noPressLost,
  noPressTwice,
  acknowledgedInTime,
  offeredInTime,
  escalatedInTime,
  neverTooMany,
  oneAtATime,
  noAnswerLost,
  noTapLost,
  noRefusedEffect,
  nothingShownTwice,
  everybodyTold,
  phonesHoldWhatWasSent,
  alertsArriveInTime,
  eventsInOrder,
  eventsTellAll,
  statesLegal,
  servicesAgree,
  watchersSeeTheEnd,
  signedOutStaysSo,
  errorsAreClear,
  publishedIsInStream,
  queuesDrained,
  noDeadLetters,
  processesStand,
  nothingOrphaned,
  noConnectionLeft,
];

export type Verdict = Finding & { readonly promise: string };

/** Holds the evidence against every promise. */
export const audit = (evidence: Evidence): Verdict[] =>
  checks.map((check) => ({ promise: check.promise, ...check.run(evidence) }));
