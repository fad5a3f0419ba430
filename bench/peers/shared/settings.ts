/** What the bench tells a peer in its environment, and what a peer tells the bench. */

/** @throws Error that names every missing variable */
export function readSettings<Name extends string>(...names: readonly Name[]): Record<Name, string> {
  const missing = names.filter((name) => !process.env[name]);
  if (missing.length > 0) throw new Error(`missing in the environment: ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, process.env[name]])) as Record<Name, string>;
}

/** Says where this process serves; ends it when whoever started it is gone. */
export function serving(url = ''): void {
  process.send?.({ url });
  process.on('disconnect', () => process.exit());
}

/** Answers the bench with how many events are stored, which are removed then. */
export function tellEvents(take: () => Promise<number>): void {
  process.on('message', async () => process.send?.({ answer: await take() }));
}
