/** In which state a link between two parts is. */
export type Condition =
  | { readonly kind: 'open' }
  /** Everything arrives, in order, later. */
  | { readonly kind: 'slow'; readonly latencyMs: number; readonly jitterMs: number }
  /** Connections are reset and new ones refused, as by a firewall that says so. */
  | { readonly kind: 'refused' }
  /**
   * Nothing arrives and nobody is told: a black hole, in both directions, or for what goes there, or for what comes back. What was sent
   * arrives once it ends, since TCP repeats it.
   */
  | { readonly kind: 'silent'; readonly direction: 'both' | 'there' | 'back' };

export const OPEN: Condition = { kind: 'open' };

/** What a link holds at a moment. */
export interface LinkState {
  /** Connections whose both ends are open. */
  readonly connections: number;
  /** Connections of which one end is gone although the link would have told the other. */
  readonly dangling: number;
  /** Client's ends whose server forgot them, still open. */
  readonly forgotten: number;
}
