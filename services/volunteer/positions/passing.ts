/** SQLSTATE classes and codes of failures that another try may not meet: connection, resources, operator, deadlock, serialisation. */
const PASSING_SQLSTATE = /^(08|53|57P|40001|40P01)/;
const PASSING_SYSTEM_ERROR = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)/;

/** Whether a failed statement may be sent again: the database was away or busy, and the statement itself is in order. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (PASSING_SQLSTATE.test(code) || PASSING_SYSTEM_ERROR.test(code)) return true;
  // The driver's own errors about lost connections carry no code.
  return /connection terminated|connection ended|timeout exceeded when trying to connect|not queryable/i.test(
    error.message,
  );
}
