import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { about } from '../dispatch/decisions.ts';
import { recordDecisions } from '../store/dispatch.ts';
import { type CloseReason, withdrawOffers } from '../store/offers.ts';
import type { Held } from './change.ts';
import { offersClosed } from './events.ts';

/** Withdraws every offer that still waits, tells of it, and puts it on record. */
export async function withdrawAll({ tx, state, now, tell }: Held, reason: CloseReason): Promise<void> {
  const withdrawn = await withdrawOffers(tx, state.id, reason, now);
  tell(...offersClosed(state.id, withdrawn, now));
  const decisions = withdrawn.map((offer) => about(DispatchAction.WITHDREW, reason, state.searchRadiusMeters, offer));
  recordDecisions(tx, state.id, now, decisions);
}
