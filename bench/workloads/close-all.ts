/** Nobody has an open emergency any more, and nothing is left to dispatch. Rows are locked in the order in which the service locks several. */
export const CLOSE_ALL = `
  WITH held AS (SELECT id FROM emergencies WHERE status <= 3 ORDER BY id FOR UPDATE)
  UPDATE emergencies SET status = 5, cancelled_at = now(), next_step_at = NULL FROM held WHERE emergencies.id = held.id`;
