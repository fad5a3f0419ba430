/** A statement with a name: a connection parses and plans it once, whoever sends it first. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** PostgreSQL cuts identifiers off after this many bytes, and two names cut to the same one would share a plan. */
const NAME_BYTES_MAX = 63;

/**
 * Names a statement. The name is unique within a service; the text never changes at run time (values go into `$1`, `$2`, …).
 * @throws RangeError when the name is longer than PostgreSQL keeps.
 */
export function prepared(name: string, text: string): Prepared {
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) throw new RangeError(`Statement name is too long: ${name}`);
  return { name, text };
}
