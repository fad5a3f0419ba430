/** Names of processes as their certificates carry them: SPIFFE IDs (spiffe.io), in the form that Kubernetes meshes give to service accounts. */
const PREFIX = 'spiffe://kreki.local/ns/kreki/sa/';
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Throws unless the name is one that Kubernetes would take for a service account. */
export function spiffeId(name: string): string {
  if (!NAME.test(name)) throw new Error(`"${name}" is not a name for a process: a-z, 0-9 and -, at most 63`);
  return PREFIX + name;
}

/**
 * The name in a certificate's alternative names, as node:tls writes them; undefined unless there is exactly one URI and it is ours. Names with
 * special characters come quoted: none of ours has any, and what is quoted could hold anything.
 */
export function nameIn(alternativeNames: string | undefined): string | undefined {
  if (!alternativeNames || alternativeNames.includes('"')) return undefined;
  const [uri, ...more] = alternativeNames.split(', ').filter((each) => each.startsWith('URI:'));
  if (!uri?.startsWith(`URI:${PREFIX}`) || more.length > 0) return undefined;
  const name = uri.slice(`URI:${PREFIX}`.length);
  return NAME.test(name) ? name : undefined;
}
