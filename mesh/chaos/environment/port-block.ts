import { isFree, type Port, type Ports, readPorts } from '../../local/ports.ts';

/** Below the ports that the system gives to outgoing connections: a part that restarts finds its own free again. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const SIZE = 80;

/** Ports of a mesh of one's own, and more for its links, all in a row. */
export interface PortBlock {
  readonly ports: Ports;
  /** The next one for a link. */
  next(): number;
}

/**
 * Finds a block in which nothing listens.
 * @param first Where to begin; anywhere when not given.
 */
export async function findPortBlock(first?: number): Promise<PortBlock> {
  const start = first ?? LOWEST + SIZE * Math.floor(Math.random() * ((HIGHEST - LOWEST) / SIZE));
  for (let at = start; ; at = at + SIZE > HIGHEST ? LOWEST : at + SIZE) {
    if (await allFree(at)) return block(at);
    if (first !== undefined) throw new Error(`ports ${first} to ${first + SIZE - 1} are not all free`);
  }
}

async function allFree(first: number): Promise<boolean> {
  for (let port = first; port < first + SIZE; port++) if (!(await isFree(port))) return false;
  return true;
}

function block(first: number): PortBlock {
  let next = first;
  const variables = allPorts(readPorts({})).map(({ variable }) => [variable, String(next++)]);
  const ports = readPorts(Object.fromEntries(variables));
  return { ports, next: () => next++ };
}

/** Every port that there is, however the record of them is built. */
function allPorts(ports: object): Port[] {
  return Object.values(ports).flatMap((each) => ('variable' in each ? [each as Port] : allPorts(each)));
}
