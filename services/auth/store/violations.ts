const UNIQUE_VIOLATION = '23505';

/** Name of the unique constraint that a statement ran into; undefined for any other failure. */
export function violatedUnique(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('constraint' in error)) return undefined;
  return error.code === UNIQUE_VIOLATION && typeof error.constraint === 'string' ? error.constraint : undefined;
}
