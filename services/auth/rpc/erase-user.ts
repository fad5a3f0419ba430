import { randomUUID } from 'node:crypto';
import { recordChange } from '@kreki/runtime/audit/audited';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { eraseAccount } from '../erasure/erase-account.ts';
import { erasureMessage, loadErasure } from '../erasure/erasure-message.ts';
import { requireFree } from '../erasure/holders.ts';
import { requireCovered, requireRole } from '../roles/guards.ts';
import type { PrivacyRpc } from './privacy-rpc.ts';

export const eraseUser =
  (context: Context): PrivacyRpc['eraseUser'] =>
  async ({ userId, reference }, rpc) => {
    const caller = personOf(rpc);
    await requireFree(context.holders, userId, rpc);
    const id = await eraseAccount(context, {
      id: randomUUID(),
      userId,
      reference,
      allow: async (tx, { roleName }) => requireCovered(caller, await requireRole(tx, roleName)),
      record: (tx) => recordChange(rpc, tx),
    });
    const erasure = await loadErasure(context, id);
    return { erasure: { ...erasureMessage(erasure), userId, reference: erasure.reference } };
  };
