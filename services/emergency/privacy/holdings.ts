import { Code } from '@connectrpc/connect';
import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { OfferStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Tx } from '@kreki/runtime/database/database';
import { fail } from '@kreki/runtime/errors';
import type { Holdings } from '@kreki/runtime/privacy/holdings';
import type { Context } from '../context.ts';
import { about } from '../dispatch/decisions.ts';
import { changeWithin, type Held } from '../emergencies/change.ts';
import { offersClosed } from '../emergencies/events.ts';
import { GRID_DEGREES } from '../emergencies/message.ts';
import { recordDecisions } from '../store/dispatch.ts';
import { closeOffers, offerTo } from '../store/offers.ts';
import {
  emergenciesAsking,
  engagementsOf,
  unlinkCoordinator,
  unlinkRequester,
  unlinkVolunteer,
} from '../store/personal-data.ts';
import { recordProgress } from '../store/progress.ts';
import { sections } from './sections.ts';

/** Emergencies stay as records of incidents, without the person: who pressed, where exactly, what was written, who came. */
export const holdings = ({ database, outbox, wakeDispatch }: Context): Holdings => ({
  sections: sections(database),
  erasure: [
    { columns: [], run: (tx, userId) => withdrawOffersTo(tx, outbox, userId) },
    { columns: ['emergencies.requester_id'], run: (tx, userId) => unlinkRequester(tx, userId, GRID_DEGREES) },
    {
      columns: ['offers.volunteer_id', 'responses.volunteer_id', 'dispatch_decisions.volunteer_id'],
      run: unlinkVolunteer,
    },
    { columns: ['coordinators.user_id'], run: unlinkCoordinator },
  ],
  mayErase,
  erased() {
    outbox.wake();
    wakeDispatch();
  },
});

/** Nobody goes while others rely on them, or they on others. */
async function mayErase(tx: Tx, userId: string): Promise<void> {
  const { open, responding } = await engagementsOf(tx, userId);
  const refuse = (reason: string, message: string, emergencyId: string) =>
    fail(Code.FailedPrecondition, reason, message, { emergencyId });
  if (open) throw refuse('EMERGENCY_OPEN', 'an emergency of theirs is open; call it off or wait for its end', open);
  if (responding) throw refuse('RESPONDING', 'they respond to an emergency; withdraw or wait for its end', responding);
}

/** What still waits for an answer of theirs waits for somebody else's. */
async function withdrawOffersTo(tx: Tx, outbox: Context['outbox'], volunteerId: string): Promise<void> {
  for (const emergencyId of await emergenciesAsking(tx, volunteerId)) {
    await changeWithin(tx, outbox, emergencyId, (held) => withdraw(held, volunteerId));
  }
}

async function withdraw({ tx, state, now, tell }: Held, volunteerId: string): Promise<void> {
  const offer = await offerTo(tx, state.id, volunteerId);
  if (offer?.status !== OfferStatus.OPEN) return;
  const reason = 'NO_LONGER_ELIGIBLE';
  const closed = await closeOffers(tx, [{ id: offer.id, reason }], OfferStatus.WITHDRAWN, now);
  tell(...offersClosed(state.id, closed, now));
  const decisions = closed.map((one) => about(DispatchAction.WITHDREW, reason, state.searchRadiusMeters, one));
  recordDecisions(tx, state.id, now, decisions);
  recordProgress(tx, state.id, { nextStepAt: now });
}
