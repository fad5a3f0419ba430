import type { Context } from '../context.ts';
import { erasureMessage, loadErasure } from '../erasure/erasure-message.ts';
import type { PrivacyRpc } from './privacy-rpc.ts';

export const getErasure =
  (context: Context): PrivacyRpc['getErasure'] =>
  async ({ erasureId }) => ({ erasure: erasureMessage(await loadErasure(context, erasureId)) });
