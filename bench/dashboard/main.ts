/** `npm run bench:dashboard -- cost|numbers|memory|page`: what the dashboard promises, measured. Fails when a promise is not kept. */
type Bench = (args: string[]) => Promise<boolean>;

/** Each by itself: what another imports would be counted as memory. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  cost: async () => (await import('./cost.ts')).cost,
  numbers: async () => (await import('./numbers.ts')).numbers,
  memory: async () => (await import('./memory.ts')).memory,
  page: async () => (await import('./page.ts')).page,
};

const [name = '', ...args] = process.argv.slice(2);
const load = benches[name];
if (!load) {
  console.error(`usage: npm run bench:dashboard -- ${Object.keys(benches).join('|')}`);
  process.exit(2);
}
const bench = await load();
process.exit((await bench(args)) ? 0 : 1);
